/** Words of the emergency card in a visit. */
import type { Locale } from "../lib/locale";

const en = {
  button: "Emergency",
  title: "Emergency",
  loading: "Looking up where the patient is…",
  at: (time: string) => `Noted at ${time}. The call goes on.`,
  where: "Where the patient is",
  whereUnknown: "Not known. Ask now, and say it to whoever you ring.",
  number: (number: string) => `Emergency services: ${number}`,
  ofPlace: (region: string) => `The number of ${region}, where the patient is.`,
  ofPractice: "The number of the practice's country: where the patient is is not known, or has no number here. Say the address first.",
  callBack: "Patient's own number",
  contact: "Emergency contact",
  none: "not known",
  ring: "Ring on a second line",
  ringing: "Your phone rings, and theirs.",
  call: (number: string) => `Call ${number} from this device`,
  close: "Close",
  failed: "The card could not be loaded. Call the emergency number yourself:",
};

export type EmergencyWords = typeof en;

const es: EmergencyWords = {
  button: "Emergencia",
  title: "Emergencia",
  loading: "Buscando dónde está el paciente…",
  at: (time) => `Anotado a las ${time}. La llamada sigue.`,
  where: "Dónde está el paciente",
  whereUnknown: "No se sabe. Pregunte ahora y dígalo a quien llame.",
  number: (number) => `Servicios de emergencia: ${number}`,
  ofPlace: (region) => `El número de ${region}, donde está el paciente.`,
  ofPractice: "El número del país de la clínica: no se sabe dónde está el paciente, o aquí no hay número. Diga primero la dirección.",
  callBack: "Número del paciente",
  contact: "Contacto de emergencia",
  none: "no se sabe",
  ring: "Llamar por una segunda línea",
  ringing: "Suena su teléfono y el de ellos.",
  call: (number) => `Llamar al ${number} desde este dispositivo`,
  close: "Cerrar",
  failed: "No se pudo cargar la ficha. Llame usted al número de emergencias:",
};

const ar: EmergencyWords = {
  button: "طوارئ",
  title: "طوارئ",
  loading: "نبحث عن مكان المريض…",
  at: (time) => `سُجّل الساعة ${time}. تستمر المكالمة.`,
  where: "أين المريض",
  whereUnknown: "غير معروف. اسأل الآن وأخبر من تتصل به.",
  number: (number) => `خدمات الطوارئ: ${number}`,
  ofPlace: (region) => `رقم ${region} حيث يوجد المريض.`,
  ofPractice: "رقم بلد العيادة: مكان المريض غير معروف أو لا رقم له هنا. قل العنوان أولًا.",
  callBack: "رقم المريض",
  contact: "جهة اتصال للطوارئ",
  none: "غير معروف",
  ring: "اتصل على خط ثانٍ",
  ringing: "يرن هاتفك وهاتفهم.",
  call: (number) => `اتصل بـ ${number} من هذا الجهاز`,
  close: "إغلاق",
  failed: "لم يمكن تحميل البطاقة. اتصل أنت برقم الطوارئ:",
};

export const EMERGENCY: Record<Locale, EmergencyWords> = { en, es, ar };
