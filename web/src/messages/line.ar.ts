/** كلمات الدور في صفحات الموظفين. */
import { plural } from "../lib/i18n";
import type { LineWords } from "./line.en";

const TAG = "ar-u-nu-arab";
const num = (n: number): string => new Intl.NumberFormat(TAG).format(n);
const people = (n: number): string =>
  plural(TAG, n, { zero: "لا أحد", one: "شخص واحد", two: "شخصان", few: "# أشخاص", many: "# شخصًا", other: "# شخص" });

export const lineAr: LineWords = {
  filters: { urgent: "عاجل", unseen: "لم يُرَ" },
  everyone: "كل مقدّمي الرعاية",
  only: "مقدّم الرعاية",
  sort: "الترتيب",
  orders: { place: "الدور", acuity: "الاستعجال ثم الموعد", booked: "وقت الموعد", wait: "الأطول انتظارًا" },
  acuity: { stat: "الآن", asap: "في أقرب وقت", urgent: "عاجل", routine: "عادي" },
  overdue: (n) => `${people(n)} لم يرهم أحد منذ دقيقتين`,
  look: "انظر",
  seen: "رأيت",
  seenNext: (name) => `رأيت أن ${name} ينتظر`,
  keys: {
    seen: "رأيت من التالي",
    undo: "التراجع عن إنهاء الزيارة",
    change: (act, key) => `${act}: ${key}. تغيير هذا المفتاح`,
    press: "اضغط المفتاح الجديد",
    usual: "العودة إلى المفاتيح المعتادة",
    remapHint: "اضغط زر الحرف لتعطي الفعل مفتاحًا آخر. يُحفظ على هذا الحاسوب.",
  },
  ending: {
    title: (name) => `انتهت الزيارة مع ${name}`,
    left: (seconds) => `يمكنك التراجع خلال ${num(seconds)} ث. لا أحد يسمعك أو يراك.`,
    undo: "تراجع",
    now: "أنهِ الآن",
    undone: (name) => `عدت إلى ${name}.`,
  },
};
