/** The messages between a patient and the clinic. `{name}` is filled in. */
const en = {
  log: "Messages",
  write: "Write a message",
  send: "Send",
  you: "You",
  clinic: "Clinic",
  patient: "Patient",
  unconfirmed_author: "From a phone not yet confirmed",
  sending: "Sending…",
  sent: "Sent",
  not_sent: "Could not be sent.",
  retry: "Try again",
  loading: "Opening your messages…",
  load_failed: "Your messages could not be opened. We keep trying.",
  empty: "No messages yet.",
  too_long: "This message is too long. Please send it in parts.",

  nobody: "Nobody from the clinic can read messages yet. You can still call {phone}.",
  nobody_staff: "No staff device can read messages here yet.",
  not_admitted: "This phone cannot read or write messages yet. You can still call {phone}. Your visit is not affected.",
  not_admitted_staff: "You are not in this patient’s care team.",
  staff_pending: "This device waits for your administrator’s approval. Visits work meanwhile.",
  distrust: "The clinic’s keys are not the ones this device knows, so messages have stopped. Your visit is not affected. Please call {phone}.",
  distrust_staff: "The keys of this conversation do not fit what this device knows. Do not write here; tell your administrator. Visits are not affected.",

  new_phone: "New phone, not yet confirmed",
  new_phone_confirmed: "New phone, confirmed",
  new_staff: "A new device of the clinic can read from here on",
  gone: "A device can no longer read from here on",
  confirm: "Confirm this phone",
  confirm_why: "Only when you have seen or heard who it is. The phone can then read the earlier messages.",
  confirmed: "Confirmed",

  no_key: "Written before this phone joined. It opens when the clinic confirms the phone.",
  no_key_staff: "Written before this device joined.",
  bad: "This message could not be checked, so it is not shown.",
  order: "Messages before this one are missing or out of order.",
  newer: "A newer kind of message. Reload the page to read it.",
};

export type ChatMessages = Record<keyof typeof en, string>;
export default en as ChatMessages;
