/** The shapes of docs/protocol.md that more than one page reads. Instants are RFC 3339 UTC, zones IANA names. */

export type Device = "ok" | "site-denied" | "os-denied" | "absent" | "in-use" | "insecure" | "policy" | "unchecked";
export type MediaChoice = "video" | "voice" | "listen";
/** To the telephone only staff takes a visit. */
export type AnyMedia = MediaChoice | "phone";
export type Stage = "early" | "open" | "waiting" | "away" | "called" | "in-visit" | "ended" | "closed";
/** Newest event number per topic that a snapshot already contains. */
export type Heads = Record<string, number>;

export interface Practice {
  id: string;
  name: string;
  phone: string;
  zone: string;
  locale: string;
  emergency_number: string;
}

export interface Appt {
  id: string;
  status: string;
  start: string;
  end: string;
  zone: string;
  /** The provider's display name. */
  with: string;
  modality: string;
  revision: number;
  /** The clinic cannot hold it at this time; another one is being found. */
  displaced?: boolean;
}

export interface Consent {
  version: string;
  lines: string[];
  full: string;
}

export interface LinkView {
  practice: Practice;
  appointment: Appt;
  stage: Stage;
  opens_at: string;
  locale: string;
  consent: Consent;
  offers: { start: string; zone: string; expires_at: string }[];
}

export interface Need {
  kind: "interpreter" | "deaf" | "signing" | "low-sight" | "minor" | "shared-device";
  detail: string | null;
}

/** `GET /v1/visits/{id}/paths`. */
export interface CallPaths {
  ice_servers: RTCIceServer[];
  ice_transport_policy: RTCIceTransportPolicy;
}

export interface CallSeat extends CallPaths {
  topic: string;
  /** One's own; a group's visits share the topic. */
  visit: string;
  seat: string;
  /** Whom the page shows large. */
  partner?: string;
  polite: boolean;
  /** There is a relay, for three or where no direct way is found. */
  relay: boolean;
  /** `relay`: this seat connects only through it. */
  route?: "p2p" | "relay";
}

/** What a stay in line may say beside the place. Instants of the start; ten, fifty, eighty, ninety of a hundred begin before. */
export interface Stay {
  left_as?: "rebook" | "phone" | null;
  why?: { code: string; at: string } | null;
  elsewhere?: { minutes: number; summoned_at?: string | null } | null;
  forecast?: { p10: string; p50: string; p80: string; p90: string } | null;
}

export interface PatientView {
  heads: Heads;
  practice: Practice;
  appointment: Appt;
  stage: Stage;
  opens_at: string;
  locale: string;
  entry: ({ id: string; state: string; position: number; ahead: number; since: string; media: AnyMedia } & Stay) | null;
  late?: LateNotice | null;
  /** What became of "I feel worse". */
  alert?: { at: string; state: "requested" | "accepted" | "completed" | "cancelled" } | null;
  visit: { id: string; status: string; started_at?: string | null; ended_at?: string | null; held_at?: string | null; surveyed?: boolean; summary?: { msg_id: string; at: string } | null; ring?: RingState | null };
  call: CallSeat;
  conversation: { id: string };
  person: { id: string };
  invite: { id: string } | null;
  needs: Need[];
  /** This browser's sign-in: which of `devices` it is. */
  session: { id: string };
  devices: DeviceOfLink[];
  /** Earlier times that can be had instead. */
  offers?: { id: string; start: string; end: string; zone: string; expires_at: string }[];
  tries_left: number;
  guests: GuestOfVisit[];
  /** In one call with others: one's number, and what they see of one's name. */
  group?: { number: number; shows: Shows; given: string; full: string } | null;
  /** Who else may be in the call now, beside the provider and one's own guests. */
  company?: OtherInCall[];
  /** Only of a further device that has not shown whose it is; it then has no call, conversation, person or needs. */
  confirm?: { ways: ("code" | "birth_date")[] };
}

export type Shows = "nothing" | "given" | "full";

/** A name only of who chose to show it, and of clinicians. */
export interface OtherInCall {
  seat: string;
  who: "member" | "provider" | "interpreter" | "family" | "trainee";
  number?: number | null;
  name?: string | null;
  aside: boolean;
}

/** Phones that are rung for a visit. */
export interface RingState {
  id: string;
  purpose: "call-back" | "services" | "contact";
  by: "patient" | "provider";
  at: string;
  state: "asked" | "ringing" | "failed" | "ended";
}

/** A browser in which a patient's link was used. No level: nobody knows whose it is. */
export interface DeviceOfLink {
  id: string;
  device: "first" | "other";
  level?: "unverified" | "code" | "dob" | "desk" | "video" | null;
  invite: string;
  at: string;
}

export interface GuestOfVisit {
  id: string;
  scope: "interpreter" | "family" | "trainee";
  name?: string | null;
  state: "invited" | "opened" | "here";
  by_patient: boolean;
  agreed?: boolean | null;
  /** The provider let them into the call, muted them, speaks with them alone. */
  let_in: boolean;
  muted: boolean;
  aside: boolean;
  /** An interpreter's telephone, which is not encrypted. */
  phone?: "asked" | "ringing" | "failed" | "ended" | null;
}

export interface Person {
  id: string;
  name: string;
  birth_date: string;
  number: string;
  language: string;
  needs: Need[];
}

/** What is known of the link before somebody is in line: on what it was opened, what the device check has found. */
export interface LinkState {
  opened_at?: string | null;
  handset?: string;
  in_app?: string;
  camera?: Device;
  microphone?: Device;
  checked_at?: string | null;
}

/** One line of the board. Members that are null on the wire may be missing after a merge patch: RFC 7396 removes them. */
export interface Row {
  id: string;
  status: string;
  start: string;
  end: string;
  zone: string;
  revision: number;
  version: number;
  visit_type: string;
  modality: string;
  reason?: string | null;
  interpreter?: string | null;
  participation: "needs-action" | "accepted" | "declined" | "tentative";
  provider: { id: string; name: string };
  /** Who sees the patient too; `provider` leads. */
  co_providers: { id: string; name: string }[];
  group_id?: string | null;
  /** Held in one call with the others of the group; `shows`: what those see of this person's name. */
  group?: { number: number; shows: Shows } | null;
  /** Any provider of it may admit. */
  pool?: { id: string; name: string } | null;
  person: Person;
  link: LinkState;
  /** Their first visit at this practice. */
  first: boolean;
  /** The last thing the desk did to help them in. */
  assist?: { act: "ring" | "phone" | "step" | "join"; by: string; at: string } | null;
  devices: DeviceOfLink[];
  tries_left: number;
  guests: GuestOfVisit[];
  /** How it stands with the interpreters who were asked. */
  race?: { state: "open" | "taken" | "closed"; asked: number; passed: number } | null;
  intake: {
    reason?: string | null;
    place: boolean;
    phone: boolean;
    licence: "inside" | "outside" | "unknown";
    decision?: "go-on" | "stop" | null;
    asked: number;
    done: number;
    alarm: boolean;
  };
  delivery: { sms?: string | null; email?: string | null };
  entry?: {
    id: string;
    state: string;
    version: number;
    since: string;
    position: number;
    media: AnyMedia;
    camera: Device;
    microphone: Device;
    present: boolean;
    /** When somebody of the staff first looked at them. */
    seen_at?: string | null;
    /** The line it stands in: a provider's or a pool's id. */
    lane?: string;
    /** Who called or admitted, before that with whom it was booked. */
    provider?: { id: string; name: string };
    triage_note?: string | null;
    handover?: { by: string; note?: string | null } | null;
    elsewhere?: { minutes: number; summoned_at?: string | null } | null;
    forecast?: Stay["forecast"];
    /** 1 resuscitation .. 5 non-urgent, as the triage scales count; 3 until somebody triaged. */
    acuity?: number | null;
  } | null;
  visit: {
    id: string;
    status: string;
    version: number;
    started_at?: string | null;
    ended_at?: string | null;
    outcome?: string | null;
    /** When the patient was sent a summary. */
    summary_at?: string | null;
    /** The appointment that was made of it. */
    follow_up?: string | null;
    ring?: RingState | null;
    /** When the emergency card was first opened. */
    emergency_at?: string | null;
    /** On hold in the call since. */
    held_at?: string | null;
  };
  conversation: { id: string };
  consent?: { version: string; at: string } | null;
  late?: LateNotice | null;
}

/** How late a line runs: as said (`minutes`, to `told` people), and as the facts propose; 0: in time again. */
export interface LateLine {
  minutes: number;
  told: number;
  at?: string | null;
  proposed?: number | null;
}

/** What the person of one visit was told; `wish`: who was not in line yet and cannot wait. */
export interface LateNotice {
  minutes: number;
  at: string;
  wish?: "rebook" | "phone" | null;
}

export interface Board {
  heads: Heads;
  practice: Practice;
  rows: Record<string, Row>;
  /** By line: a provider's or a pool's id. */
  late?: Record<string, LateLine> | null;
}

export interface Me {
  role: "patient" | "provider" | "scheduler" | "admin";
  account: { id: string; name: string; initials: string };
  practice: Practice;
  person_id: string | null;
}
