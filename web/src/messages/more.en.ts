import type { Forms } from "../lib/locale";

/** What whoever waits may want besides waiting; loaded after the line is drawn. `{name}` is filled in; `#` is a number in the reader's digits. */
const en = {
  about: { one: "About # minute", other: "About # minutes" },
  soon: "In a moment",
  range: "{from} to {to}",
  why_more_urgent: "Someone more urgent goes first.",
  why_booked_before: "Someone with an earlier time has arrived.",
  why_handed_over: "Someone was sent here from another line.",
  why_put_back: "Someone had to step out of the visit and comes back first.",
  by_phone: "{name} rings you by phone. You can close this page.",

  late: { one: "{name} runs about # minute late.", other: "{name} runs about # minutes late." },
  late_sorry: "We are sorry. Your place is kept.",
  late_wait: "I’ll wait",
  late_write: "Write to the clinic",

  elsewhere: "Wait elsewhere",
  elsewhere_hint: "We text you when it is close",
  elsewhere_title: "How far away will you be?",
  elsewhere_text: "Your place is kept. We text you in time to come back to this page.",
  minutes: { one: "# minute", other: "# minutes" },
  elsewhere_on: { one: "You wait elsewhere, # minute away. We text you in time.", other: "You wait elsewhere, # minutes away. We text you in time." },
  summoned: "It is nearly your turn. Please stay on this page.",
  back_here: "I’m back",

  cant_wait: "I can’t wait",
  cant_title: "What would help?",
  cant_text: "You leave the line, and {name} goes on with the next person.",
  rebook: "Another time",
  rebook_hint: "The clinic offers you one",
  ring_me: "A phone call instead",
  ring_me_hint: "The clinic rings you",
  just_leave: "Only leave",
  just_leave_hint: "You can come back with the same link",
  stay: "Stay in line",
  left_rebook: "The clinic knows and will offer you another time.",
  left_phone: "The clinic knows and will ring you.",

  check: "Check camera, sound and network",
  check_hint: "Takes a few seconds",
  checking: "Checking…",
  verdict_video: "Ready for video",
  verdict_video_text: "Camera, microphone and network are good.",
  verdict_audio: "Sound will work",
  verdict_audio_camera: "Your camera does not start. You and {name} will hear each other.",
  verdict_audio_network: "Your network is too slow for a picture. You and {name} will hear each other.",
  verdict_phone: "Better by phone",
  verdict_phone_microphone: "Your microphone does not start. You can join and listen, or ask for a phone call.",
  verdict_phone_network: "Your network is too weak for a call. You can ask for a phone call.",
  measured: "{speed} megabits, answers in {delay} milliseconds",
  again: "Check again",

  worse_title: "Call {number} now if you have",
  worse_1: "chest pain or pressure",
  worse_2: "trouble breathing",
  worse_3: "sudden weakness, numbness or trouble speaking",
  worse_4: "heavy bleeding, or you feel you may faint",
  worse_5: "thoughts of harming yourself",
  worse_plain: "If it is an emergency, call your local emergency number now.",
  worse_call: "Call {number}",
  worse_telling: "We are telling the clinic…",
  worse_told: "The clinic was told at {time}. Stay on this page.",
  worse_taken: "Somebody at the clinic has seen it and is looking after it.",
  worse_failed: "We could not tell the clinic. Please call them.",
  summary_title: "Summary of your visit",
  summary_opening: "Opening it on this phone…",
  summary_elsewhere: "It was written for the phone you used in the visit. Open your link there, or ask the clinic.",

  survey_title: "Two questions",
  survey_ease: "Was it easy to join?",
  survey_helped: "Did the visit help you?",
  survey_1: "No",
  survey_2: "So-so",
  survey_3: "Yes",
  survey_thanks: "Thank you. Your answers go to the clinic without your name.",
  close: "Close",
};

type Shape<T> = { [K in keyof T]: T[K] extends string ? string : Forms };
export type MoreMessages = Shape<typeof en>;

export default en as MoreMessages;
