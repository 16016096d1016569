/** Words of the staff for what the clinic was told before the visit. */
import type { Locale } from "../lib/locale";

const en = {
  title: "Before the visit",
  reason: "Reason, in their words",
  place: "Where they are",
  region: "Country or part, as GB or US-CA",
  phone: "Call-back number",
  unknown: "not known yet",
  byStaff: "filled in by the clinic",
  fillIn: "Fill in",
  save: "Save",
  cancel: "Cancel",
  alarm: "An answer about self-harm: look now",
  outside: (region: string) => `${region} is outside the provider’s licence`,
  goOn: "Go on",
  stop: "Do not treat",
  decided: { "go-on": "Decided: go on", stop: "Decided: do not treat" },
  missing: "Place and number must be known before you admit: ask, and fill them in.",
  requested: "asked, not answered",
  started: "begun",
  score: (score: number, most: number, band: string) => `${score} of ${most}${band ? `: ${band}` : ""}`,
  show: "Show what was told",
};

export type IntakeWords = typeof en;

const es: IntakeWords = {
  title: "Antes de la visita",
  reason: "Motivo, en sus palabras",
  place: "Dónde está",
  region: "País o región, como GB o US-CA",
  phone: "Número para devolver la llamada",
  unknown: "aún no se sabe",
  byStaff: "rellenado por la clínica",
  fillIn: "Rellenar",
  save: "Guardar",
  cancel: "Cancelar",
  alarm: "Una respuesta sobre autolesión: mírela ahora",
  outside: (region) => `${region} está fuera de la licencia`,
  goOn: "Seguir",
  stop: "No atender",
  decided: { "go-on": "Decidido: seguir", stop: "Decidido: no atender" },
  missing: "Lugar y número deben conocerse antes de admitir: pregunte y rellénelos.",
  requested: "pedido, sin respuesta",
  started: "empezado",
  score: (score, most, band) => `${score} de ${most}${band ? `: ${band}` : ""}`,
  show: "Mostrar lo que se dijo",
};

const ar: IntakeWords = {
  title: "قبل الزيارة",
  reason: "السبب بكلماته",
  place: "أين هو",
  region: "البلد أو الجزء، مثل GB أو US-CA",
  phone: "رقم معاودة الاتصال",
  unknown: "غير معروف بعد",
  byStaff: "ملأته العيادة",
  fillIn: "املأ",
  save: "حفظ",
  cancel: "إلغاء",
  alarm: "إجابة عن إيذاء النفس: انظر الآن",
  outside: (region) => `${region} خارج ترخيص مقدم الرعاية`,
  goOn: "تابع",
  stop: "لا تعالج",
  decided: { "go-on": "القرار: المتابعة", stop: "القرار: عدم العلاج" },
  missing: "يجب معرفة المكان والرقم قبل الإدخال: اسأل واملأهما.",
  requested: "مطلوب ولم يُجب",
  started: "بدأ",
  score: (score, most, band) => `${score} من ${most}${band ? `: ${band}` : ""}`,
  show: "اعرض ما قيل",
};

export const INTAKE: Record<Locale, IntakeWords> = { en, es, ar };
