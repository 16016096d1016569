/** Words of the line on the staff's pages: order, alerts, keys, ending with undo. A key missing in another language does not compile. */
const rules = new Intl.PluralRules("en");
const people = (n: number): string => (rules.select(n) === "one" ? `${n} person` : `${n} people`);

export const lineEn = {
  filters: { urgent: "Urgent", unseen: "Unseen" },
  everyone: "All providers",
  only: "Provider",
  sort: "Sort",
  orders: { place: "Place in line", acuity: "Urgency, then booked time", booked: "Booked time", wait: "Longest wait" },
  /** The triage scales' five steps. */
  acuity: (n: number) => ["", "At once", "Urgent", "Normal", "Can wait", "Not urgent"][n] ?? "",
  overdue: (n: number) => `${people(n)} unseen for 2 minutes`,
  look: "Look",
  seen: "Seen",
  keys: {
    transfer: "Hand over to somebody else",
    urgency: "Say how urgent it is",
    interpreter: "Interpreter: ask, add, let in",
    guest: "Guests: add, let in, mute",
    phone: "Take the visit to the phone",
    seen: "I have seen who is next",
    undo: "Take back the end of the visit",
    change: (act: string, key: string) => `${act}: ${key}. Change this key`,
    press: "Press the new key",
    usual: "Back to the usual keys",
    remapHint: "Press a letter's button to give the act another key. Kept on this computer.",
  },
  handOver: {
    button: "Hand over",
    title: (name: string) => `Hand ${name} over`,
    note: "Note for whoever takes over (optional)",
    back: "Back into my line",
    backHint: "Same place; you admit again when you are ready",
    to: (name: string) => `To ${name}`,
    pool: (n: number) => `${n} ${rules.select(n) === "one" ? "provider" : "providers"}, whoever is free`,
    keeps: "Place, arrival and consent go along.",
    nobody: "There is nobody else to hand over to.",
    by: (name: string) => `Handed over by ${name}`,
    urgency: "Urgency",
    urgencyTitle: (name: string) => `How urgent is ${name}?`,
    reason: "Reason",
    reasonMissing: "Write why, so that others understand it",
    told: "The more urgent go first. Whoever falls back is told so, without names.",
    save: "Save",
  },
  wrap: {
    title: (name: string) => `After the visit with ${name}`,
    outcome: "What came of it",
    outcomes: { completed: "Held", "by-phone": "Held by phone", "left-before-seen": "Left before being seen", "technical-failure": "Failed for technical reasons" } as Record<string, string>,
    next: "See again in",
    weeks: (n: number) => `${n} ${rules.select(n) === "one" ? "week" : "weeks"}`,
    booked: (when: string) => `Booked: ${when}. The message is on its way.`,
    done: "Done",
  },
  phone: {
    title: "Visit by phone",
    text: (name: string) => `Ring ${name}. The telephone is not encrypted.`,
    ask: "Show the number",
    number: (shown: string) => `Ring ${shown}`,
    shared: "Others may pick up. Ask for the person, give no reason.",
    key: "Phone",
  },
  ending: {
    title: (name: string) => `The visit with ${name} is over`,
    left: (seconds: number) => `You can take it back for ${seconds} s. Nobody hears or sees you.`,
    undo: "Take it back",
    now: "End it now",
    undone: (name: string) => `You are back with ${name}.`,
  },
};

export type LineWords = typeof lineEn;
