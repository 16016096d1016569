/** The page of a guest: interpreter, family, trainee. `{name}` is filled in. */
const en = {
  call_clinic: "Call the clinic",
  role_interpreter: "You are invited as an interpreter",
  role_family: "You are invited to be with somebody at their visit",
  role_trainee: "You are invited as a trainee",
  visit: "{day} at {time} ({zone})",
  with: "With {name}",
  language: "To interpret: {language}",
  private: "This page shows neither the patient’s name nor anything written. It closes with the visit.",
  name_label: "Your name",
  name_hint: "Only the clinic and the patient see it. You may leave it empty.",
  here: "I’m here",
  one_moment: "One moment…",
  waits_title: "You are here",
  waits_text: "The clinic and the patient see that you are here.",
  stage_early: "The waiting room opens {day} at {time}.",
  stage_open: "The patient has not arrived yet.",
  stage_waiting: "The patient is waiting.",
  stage_called: "The visit is about to begin.",
  stage_visit: "The visit has begun.",
  place: "Place in line: {place}",
  agree_wait: "The patient has not said yet whether you may be there.",
  agree_yes: "The patient said yes.",
  agree_no: "The patient would rather be seen without a trainee. Thank you for understanding.",
  over_title: "This link has ended",
  over_text: "It was for one visit. Please ask whoever sent it.",
  bad_title: "This link does not work",
  bad_text: "Open it again from the message, whole. Or ask whoever sent it for a new one.",
  offline: "No connection right now. Please try again in a moment.",
  again: "Try again",
};

export type GuestMessages = Record<keyof typeof en, string>;

export default en satisfies GuestMessages;
