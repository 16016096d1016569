/** `GET /v1/demo/state`. Exists in demo mode only. */
export interface DemoLink {
  role: "patient" | "provider" | "scheduler" | "admin";
  name: string;
  url: string;
}

export interface DemoSms {
  id: string;
  /** The patient's number. */
  to: string;
  body: string;
  at: string;
  status: string;
  segments: number;
  /** Whose phone it is. */
  name?: string | null;
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

export interface DemoReply {
  id?: string;
  /** The number that answered. */
  to: string;
  body: string;
  at: string;
}

export interface DemoState {
  now: string;
  links: DemoLink[];
  sms: DemoSms[];
  mail: DemoMail[];
  replies: DemoReply[];
}
