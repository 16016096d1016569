/** Words of a group visit on a patient's page. `{n}` is the number the others know somebody by. */
import type { Locale } from "../lib/locale";

const en = {
  participant: "Participant {n}",
  of: "{who} of participant {n}",
  title: "A visit with others",
  text: "Other people come to this visit too. In the call you see and hear each other. None of them is told your name, your number or why you come.",
  ask: "What do the others see of your name?",
  nothing: "No name: “Participant {n}”",
  given: "“{name}”",
  full: "“{name}”",
  now: "The others see you as “{name}”.",
  hint: "The clinic knows who you are in any case. You can change this at any time, also in the call. What you write is read by you and the clinic alone.",
  change: "Change",
  close: "Close",
};

export type GroupWords = typeof en;

const es: GroupWords = {
  participant: "Participante {n}",
  of: "{who} de participante {n}",
  title: "Una visita con otras personas",
  text: "A esta visita vienen también otras personas. En la llamada se ven y se oyen. A ninguna se le dice su nombre, su número ni por qué viene usted.",
  ask: "¿Qué ven las demás de su nombre?",
  nothing: "Sin nombre: «Participante {n}»",
  given: "«{name}»",
  full: "«{name}»",
  now: "Las demás personas le ven como «{name}».",
  hint: "La clínica sabe quién es usted en todo caso. Puede cambiarlo en cualquier momento, también en la llamada. Lo que escribe lo leen solo usted y la clínica.",
  change: "Cambiar",
  close: "Cerrar",
};

const ar: GroupWords = {
  participant: "المشارك {n}",
  of: "{who} للمشارك {n}",
  title: "زيارة مع آخرين",
  text: "يأتي أشخاص آخرون إلى هذه الزيارة أيضًا. في المكالمة يرى بعضكم بعضًا ويسمعه. لا يُخبَر أي منهم باسمك أو رقمك أو سبب قدومك.",
  ask: "ماذا يرى الآخرون من اسمك؟",
  nothing: "بلا اسم: «المشارك {n}»",
  given: "«{name}»",
  full: "«{name}»",
  now: "يراك الآخرون باسم «{name}».",
  hint: "العيادة تعرف من أنت على كل حال. يمكنك تغيير ذلك في أي وقت، حتى في المكالمة. ما تكتبه تقرؤه أنت والعيادة فقط.",
  change: "تغيير",
  close: "إغلاق",
};

export const GROUP: Record<Locale, GroupWords> = { en, es, ar };
