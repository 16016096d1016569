/** What a running call says beyond itself, in English. `{name}` is the other side. Patients and staff read the same words. */
const en = {
  leave_title: "Leave the visit?",
  leave_text: "{name} stays for a while. You can come back with one tap.",
  leave_yes: "Leave",
  leave_no: "Stay",
  close: "Close",
  devices_title: "Camera and sound",
  camera_failed: "Your camera did not start. You are in with voice.",
  mic_failed: "Your microphone did not start. {name} cannot hear you, but you can hear and write.",
  why: "Why?",
};

export type CallMessages = Record<keyof typeof en, string>;
export default en satisfies CallMessages;
