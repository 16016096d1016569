import type { CallMessages } from "./call.en";

const ar: CallMessages = {
  leave_title: "هل تغادر الزيارة؟",
  leave_text: "يبقى {name} قليلًا. يمكنك العودة بضغطة واحدة.",
  leave_yes: "خروج",
  leave_no: "البقاء",
  close: "إغلاق",
  devices_title: "الكاميرا والصوت",
  camera_failed: "لم تعمل الكاميرا. أنت في الزيارة بالصوت.",
  mic_failed: "لم يعمل الميكروفون. لا يسمعك {name}، لكن يمكنك السماع والكتابة.",
  why: "لماذا؟",
};

export default ar;
