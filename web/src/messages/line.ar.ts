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
  acuity: (n) => ["", "فورًا", "عاجل", "عادي", "يمكنه الانتظار", "غير عاجل"][n] ?? "",
  overdue: (n) => `${people(n)} لم يرهم أحد منذ دقيقتين`,
  look: "انظر",
  seen: "رأيت",
  keys: {
    transfer: "تحويل إلى شخص آخر",
    urgency: "تحديد الاستعجال",
    interpreter: "المترجم: اطلب، أضف، أدخل",
    guest: "الضيوف: أضف، أدخل، اكتم الصوت",
    phone: "تحويل الزيارة إلى الهاتف",
    seen: "رأيت من التالي",
    undo: "التراجع عن إنهاء الزيارة",
    change: (act, key) => `${act}: ${key}. تغيير هذا المفتاح`,
    press: "اضغط المفتاح الجديد",
    usual: "العودة إلى المفاتيح المعتادة",
    remapHint: "اضغط زر الحرف لتعطي الفعل مفتاحًا آخر. يُحفظ على هذا الحاسوب.",
  },
  handOver: {
    button: "تحويل",
    title: (name) => `تحويل ${name}`,
    note: "ملاحظة لمن يتابع (اختياري)",
    back: "العودة إلى دوري",
    backHint: "المكان نفسه، وتُدخله حين تكون جاهزًا",
    to: (name) => `إلى ${name}`,
    pool: (n) => `${plural(TAG, n, { zero: "لا أحد", one: "مقدّم رعاية واحد", two: "مقدّما رعاية", few: "# مقدّمي رعاية", many: "# مقدّم رعاية", other: "# مقدّم رعاية" })}، أيّهم متفرغ`,
    keeps: "يبقى الدور ووقت الوصول والموافقة.",
    nobody: "لا يوجد أحد آخر للتحويل إليه.",
    by: (name) => `حوّله ${name}`,
    urgency: "الاستعجال",
    urgencyTitle: (name) => `ما مدى استعجال ${name}؟`,
    reason: "السبب",
    reasonMissing: "اكتب السبب ليفهمه الآخرون",
    told: "الأكثر استعجالًا يدخل أولًا. من يتأخر دوره يُخبر بذلك بلا أسماء.",
    save: "حفظ",
  },
  wrap: {
    title: (name) => `بعد الزيارة مع ${name}`,
    outcome: "ماذا نتج",
    outcomes: { completed: "تمت", "by-phone": "تمت بالهاتف", "left-before-seen": "غادر قبل الكشف", "technical-failure": "فشلت لأسباب تقنية" },
    next: "اللقاء التالي بعد",
    weeks: (n) => plural(TAG, n, { zero: "الآن", one: "أسبوع", two: "أسبوعين", few: "# أسابيع", many: "# أسبوعًا", other: "# أسبوع" }),
    booked: (when) => `حُجز: ${when}. الرسالة في الطريق.`,
    done: "تم",
  },
  phone: {
    title: "زيارة بالهاتف",
    text: (name) => `اتصل بـ ${name}. الهاتف غير مشفّر.`,
    ask: "أظهر الرقم",
    number: (shown) => `اتصل على \u2068${shown}\u2069`,
    shared: "قد يرد غيره. اسأل عن الشخص ولا تذكر السبب.",
    key: "هاتف",
  },
  ending: {
    title: (name) => `انتهت الزيارة مع ${name}`,
    left: (seconds) => `يمكنك التراجع خلال ${num(seconds)} ث. لا أحد يسمعك أو يراك.`,
    undo: "تراجع",
    now: "أنهِ الآن",
    undone: (name) => `عدت إلى ${name}.`,
  },
};
