/** Words of a booking that is more than one visit: again and again, several people, another provider beside. */
import type { Locale } from "../lib/locale";

const en = {
  beside: "Also with",
  besideHint: "Their time is taken too.",
  people: "More people at this time",
  peopleHint: "A family or a group. Each gets a link of their own and learns of nobody else.",
  remove: (name: string) => `Remove ${name}`,
  full: (n: number) => `A call has room for ${n} people with these providers.`,
  unlicensed: (name: string, place: string, provider: string) => `Last time ${name} was in ${place}, where ${provider} has no licence. Ask where they will be.`,
  repeat: "Repeat",
  freq: { "": "Once", daily: "Every day", weekly: "Every week", "2-weekly": "Every 2 weeks", "4-weekly": "Every 4 weeks", monthly: "Every month" } as Record<string, string>,
  times: "How many times",
  look: "Look at the dates",
  dates: "The dates",
  states: { free: "free", taken: "taken", nonexistent: "does not exist: the clocks go forward", ambiguous: "comes twice: the clocks go back", "left-out": "left out" } as Record<string, string>,
  outside: "outside the hours",
  out: "Leave out",
  in: "Take in",
  leaveOut: (when: string) => `Leave out ${when}`,
  takeIn: (when: string) => `Take in ${when}`,
  unclear: "Leave out the dates that cannot be booked, or choose another time.",
  booked: (n: number) => (n === 1 ? "1 visit is booked." : `${n} visits are booked. Each person has a link of their own.`),
};

export type BookMoreWords = typeof en;

const es: BookMoreWords = {
  beside: "También con",
  besideHint: "Su tiempo también queda ocupado.",
  people: "Más personas a esta hora",
  peopleHint: "Una familia o un grupo. Cada persona recibe su propio enlace y no sabe de nadie más.",
  remove: (name) => `Quitar a ${name}`,
  full: (n) => `Con estos profesionales caben ${n} personas en una llamada.`,
  unlicensed: (name, place, provider) => `La última vez ${name} estaba en ${place}, donde ${provider} no tiene licencia. Pregunte dónde estará.`,
  repeat: "Repetir",
  freq: { "": "Una vez", daily: "Cada día", weekly: "Cada semana", "2-weekly": "Cada 2 semanas", "4-weekly": "Cada 4 semanas", monthly: "Cada mes" },
  times: "Cuántas veces",
  look: "Ver las fechas",
  dates: "Las fechas",
  states: { free: "libre", taken: "ocupada", nonexistent: "no existe: se adelanta el reloj", ambiguous: "ocurre dos veces: se atrasa el reloj", "left-out": "omitida" },
  outside: "fuera del horario",
  out: "Omitir",
  in: "Incluir",
  leaveOut: (when) => `Omitir ${when}`,
  takeIn: (when) => `Incluir ${when}`,
  unclear: "Omita las fechas que no se pueden reservar o elija otra hora.",
  booked: (n) => (n === 1 ? "1 cita reservada." : `${n} citas reservadas. Cada persona tiene su propio enlace.`),
};

const ar: BookMoreWords = {
  beside: "أيضًا مع",
  besideHint: "يُحجز وقتهم أيضًا.",
  people: "أشخاص آخرون في هذا الوقت",
  peopleHint: "عائلة أو مجموعة. لكل شخص رابطه ولا يعلم بغيره.",
  remove: (name) => `أزل ${name}`,
  full: (n) => `عدد الأماكن في مكالمة واحدة مع مقدمي الرعاية هؤلاء: ${n}.`,
  unlicensed: (name, place, provider) => `كان ${name} آخر مرة في ${place} حيث لا ترخيص لدى ${provider}. اسأل أين سيكون.`,
  repeat: "تكرار",
  freq: { "": "مرة واحدة", daily: "كل يوم", weekly: "كل أسبوع", "2-weekly": "كل أسبوعين", "4-weekly": "كل 4 أسابيع", monthly: "كل شهر" },
  times: "كم مرة",
  look: "انظر التواريخ",
  dates: "التواريخ",
  states: { free: "متاح", taken: "محجوز", nonexistent: "لا وجود له: تُقدَّم الساعة", ambiguous: "يأتي مرتين: تُؤخَّر الساعة", "left-out": "متروك" },
  outside: "خارج ساعات العمل",
  out: "اترك",
  in: "أدخل",
  leaveOut: (when) => `اترك ${when}`,
  takeIn: (when) => `أدخل ${when}`,
  unclear: "اترك التواريخ التي لا يمكن حجزها أو اختر وقتًا آخر.",
  booked: (n) => `الزيارات المحجوزة: ${n}. لكل شخص رابطه.`,
};

export const BOOK_MORE: Record<Locale, BookMoreWords> = { en, es, ar };
