/** Words of the kinds of visit: they stand on the hours page only. */
import type { Locale } from "../lib/locale";

const en = {
  title: "Kinds of visit",
  add: "Add a kind of visit",
  adminOnly: "An administrator adds and changes them.",
  name: "Name",
  how: "How",
  length: "Minutes",
  bufferBefore: "Minutes before",
  bufferAfter: "Minutes after",
  before: (minutes: string) => `${minutes} before`,
  after: (minutes: string) => `${minutes} after`,
  bookers: "Who may book it",
  onlyBy: (roles: string) => `booked by: ${roles}`,
  role: { provider: "Provider", scheduler: "Scheduler", admin: "Administrator" },
  modality: { video: "Video", phone: "Phone", "in-person": "In person" },
  changeNamed: (name: string) => `Change ${name}`,
  save: "Save",
  stop: "Stop offering it",
  keeps: "Visits that are booked already keep their length.",
  offerers: "Offered by",
  offerersHint: "With nobody chosen it is booked with every provider.",
  withOnly: (names: string) => `with: ${names}`,
};

export type KindsWords = typeof en;

const es: KindsWords = {
  title: "Tipos de visita",
  add: "Añadir un tipo de visita",
  adminOnly: "Un administrador los añade y los cambia.",
  name: "Nombre",
  how: "Cómo",
  length: "Minutos",
  bufferBefore: "Minutos antes",
  bufferAfter: "Minutos después",
  before: (minutes) => `${minutes} antes`,
  after: (minutes) => `${minutes} después`,
  bookers: "Quién puede reservarla",
  onlyBy: (roles) => `la reserva: ${roles}`,
  role: { provider: "Profesional", scheduler: "Recepción", admin: "Administrador" },
  modality: { video: "Vídeo", phone: "Teléfono", "in-person": "En persona" },
  changeNamed: (name) => `Cambiar ${name}`,
  save: "Guardar",
  stop: "Dejar de ofrecerla",
  keeps: "Las visitas ya reservadas conservan su duración.",
  offerers: "Quién la ofrece",
  offerersHint: "Si no se elige a nadie, se reserva con todos los profesionales.",
  withOnly: (names) => `con: ${names}`,
};

const ar: KindsWords = {
  title: "أنواع الزيارات",
  add: "إضافة نوع زيارة",
  adminOnly: "يضيفها مدير النظام ويغيّرها.",
  name: "الاسم",
  how: "الطريقة",
  length: "الدقائق",
  bufferBefore: "دقائق قبلها",
  bufferAfter: "دقائق بعدها",
  before: (minutes) => `${minutes} قبلها`,
  after: (minutes) => `${minutes} بعدها`,
  bookers: "من يحق له حجزها",
  onlyBy: (roles) => `يحجزها: ${roles}`,
  role: { provider: "مقدم الرعاية", scheduler: "موظف المواعيد", admin: "مدير النظام" },
  modality: { video: "فيديو", phone: "هاتف", "in-person": "حضوريًا" },
  changeNamed: (name) => `تغيير ${name}`,
  save: "حفظ",
  stop: "إيقاف عرضها",
  keeps: "الزيارات المحجوزة تحتفظ بمدتها.",
  offerers: "من يقدّمها",
  offerersHint: "إذا لم يُختر أحد فهي تُحجز مع جميع مقدمي الرعاية.",
  withOnly: (names) => `مع: ${names}`,
};

export const KINDS: Record<Locale, KindsWords> = { en, es, ar };
