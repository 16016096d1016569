/** `GET /v1/demo/state`. Exists in demo mode only. */
export interface DemoLink {
  role: "patient" | "provider" | "scheduler" | "admin";
  name?: string;
  url: string;
}

export interface DemoSms {
  id: string;
  /** `outbound`: the clinic's text to the phone; `inbound`: the patient's answer. */
  direction: "outbound" | "inbound";
  /** The patient's number, whichever way the text went. */
  number: string;
  body: string;
  at: string;
  segments: number;
  /** Whose phone it is; more than one name when people share it. */
  name: string;
}

export interface DemoMail {
  id: string;
  to: string;
  subject: string;
  text: string;
  at: string;
  /** The attached iCalendar text, if any. */
  calendar?: string | null;
}

/** A phone that the clinic rings; the demo rings none. */
export interface DemoCall {
  id: string;
  to: string;
  words: string;
  at: string;
  ended: boolean;
}

export interface DemoState {
  now: string;
  /** The clinic's zone: the demo's clock is shown in it. */
  zone: string;
  links: DemoLink[];
  sms: DemoSms[];
  mail: DemoMail[];
  calls: DemoCall[];
}
