/** Words of the line on the staff's pages: order, alerts, keys, ending with undo. A key missing in another language does not compile. */
const rules = new Intl.PluralRules("en");
const people = (n: number): string => (rules.select(n) === "one" ? `${n} person` : `${n} people`);

export const lineEn = {
  filters: { urgent: "Urgent", unseen: "Unseen" },
  everyone: "All providers",
  only: "Provider",
  sort: "Sort",
  orders: { place: "Place in line", acuity: "Urgency, then booked time", booked: "Booked time", wait: "Longest wait" },
  acuity: { stat: "Now", asap: "As soon as possible", urgent: "Urgent", routine: "Routine" },
  overdue: (n: number) => `${people(n)} unseen for 2 minutes`,
  look: "Look",
  seen: "Seen",
  seenNext: (name: string) => `I have seen that ${name} waits`,
  keys: {
    seen: "I have seen who is next",
    undo: "Take back the end of the visit",
    change: (act: string, key: string) => `${act}: ${key}. Change this key`,
    press: "Press the new key",
    usual: "Back to the usual keys",
    remapHint: "Press a letter's button to give the act another key. Kept on this computer.",
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
