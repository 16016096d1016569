/** Words of the settings page. A key missing in another language is a compile error (`SettingsWords`). */
const rules = new Intl.PluralRules("en");
const visits = (n: number): string => (rules.select(n) === "one" ? `${n} coming visit has` : `${n} coming visits have`);

export const en = {
  page: "Settings",
  saved: "Saved",
  unsaved: "Not saved yet",
  unsavedFirst: "Save this first, or undo what you changed.",
  undo: "Undo",
  licences: {
    title: "Licences",
    hint: "Where each provider may practise, as ISO codes: GB is the whole country, US-CA one state. With none recorded nobody is warned.",
    bad: "Write codes like GB or US-CA, parted by commas.",
    save: "Save",
    saveNamed: (name: string) => `Save the licences of ${name}`,
  },
  plan: {
    title: "Messages to patients",
    whose: "Whose plan",
    practice: "The clinic: every kind of visit without a plan of its own",
    hint: "Days count by the clock on the wall, hours and minutes by time that passes. Only the link, and what patients ask for, leaves between 9 pm and 8 am where they are. Once patients confirm, only the link still comes. Whom nothing reaches stands on the call list.",
    standIn: "This kind of visit follows the clinic's plan. Change it and save, and it has a plan of its own.",
    standard: "This is the plan that comes with Careroom.",
    on: (what: string) => `Send: ${what}`,
    kinds: {
      confirmation: "Confirmation",
      reminder: "Reminder",
      unconfirmed: "On the call list: no answer yet",
      link: "The link to come in",
      rescue: "For who missed the start",
      noshow: "For staff: propose a no-show",
    },
    atOnce: "At once when booked",
    amount: "How long",
    unit: "Unit",
    units: { days: "days before", hours: "hours before", minutes: "minutes before", after: "minutes after the start" },
    channels: "By",
    ways: { "sms,voice,email": "Text, else e-mail", "email,sms,voice": "E-mail, else text", sms: "Text only", email: "E-mail only", call: "The call list" } as Record<string, string>,
    add: "Add a reminder",
    remove: (what: string) => `Remove: ${what}`,
    save: "Save the plan",
    savedFor: (n: number) => (n === 0 ? "Saved. No coming visit changes." : `Saved. ${visits(n)} new messages planned.`),
    forgetType: "Use the clinic's plan",
    forgetPractice: "Use the standard plan",
    readOnly: "An administrator changes the plan.",
  },
  phones: {
    title: "Numbers and emergencies",
    own: "The clinic's own number for texts",
    ownHint: "Texts leave by it, and what is texted to it is for this clinic. Leave it empty to use the number of this installation.",
    alarm: "When a patient writes urgent words, in any of ten languages, they get emergency advice at once. Every board alerts; after one minute browsers with alerts are woken; after three minutes the phones below are texted, and again every five minutes until somebody accepts.",
    nobody: "No phone is named: when nobody looks at a board, an emergency reaches nobody.",
    onCall: (n: number) => `On-call phone ${n}`,
    add: "Add an on-call phone",
    remove: (n: number) => `Remove on-call phone ${n}`,
    save: "Save the numbers",
  },
};

export type SettingsWords = typeof en;
