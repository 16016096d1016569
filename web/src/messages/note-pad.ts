/** Words of the staff for holding a call and for the note pad beside it. */
import type { Locale } from "../lib/locale";

const en = {
  hold: "Hold",
  resume: "Resume",
  held: (since: string) => `On hold since ${since}`,
  heldText: (name: string) => `${name} sees that the visit is on hold. Nothing is sent either way.`,
  label: "Your notes on this visit",
  privacy: "Only you read these. The patient never does.",
  loading: "Your notes are being loaded…",
  saved: (at: string) => `Saved at ${at}`,
  fresh: "Saved while you write",
  saving: "Saving…",
  unsaved: "Not saved yet: the clinic’s server cannot be reached. What you wrote is kept on this computer, sealed, and saved as soon as it can.",
  unkept: "Not saved yet: the clinic’s server cannot be reached. Keep this page open until it is.",
  merged: "These notes were changed in another window too. Both texts stand here now.",
  failed: "Your notes could not be loaded.",
  again: "Try again",
};

export type NotePadWords = typeof en;

const es: NotePadWords = {
  hold: "En espera",
  resume: "Reanudar",
  held: (since) => `En espera desde las ${since}`,
  heldText: (name) => `${name} ve que la visita está en espera. No se envía nada en ningún sentido.`,
  label: "Sus notas de esta visita",
  privacy: "Solo las lee usted. El paciente nunca.",
  loading: "Se están cargando sus notas…",
  saved: (at) => `Guardado a las ${at}`,
  fresh: "Se guarda mientras escribe",
  saving: "Guardando…",
  unsaved: "Aún sin guardar: no se puede llegar al servidor de la clínica. Lo que ha escrito queda sellado en este ordenador y se guardará en cuanto se pueda.",
  unkept: "Aún sin guardar: no se puede llegar al servidor de la clínica. Deje esta página abierta hasta que se guarde.",
  merged: "Estas notas también se cambiaron en otra ventana. Aquí están ahora los dos textos.",
  failed: "No se pudieron cargar sus notas.",
  again: "Intentarlo de nuevo",
};

const ar: NotePadWords = {
  hold: "تعليق",
  resume: "استئناف",
  held: (since) => `قيد الانتظار منذ ${since}`,
  heldText: (name) => `يرى ${name} أن الزيارة قيد الانتظار. لا يُرسل شيء في أي اتجاه.`,
  label: "ملاحظاتك على هذه الزيارة",
  privacy: "لا يقرؤها أحد سواك. ولا يراها المريض أبدًا.",
  loading: "يجري تحميل ملاحظاتك…",
  saved: (at) => `حُفظت الساعة ${at}`,
  fresh: "تُحفظ أثناء الكتابة",
  saving: "يجري الحفظ…",
  unsaved: "لم تُحفظ بعد: تعذّر الوصول إلى خادم العيادة. ما كتبته محفوظ ومختوم على هذا الحاسوب، وسيُحفظ حالما يمكن.",
  unkept: "لم تُحفظ بعد: تعذّر الوصول إلى خادم العيادة. أبقِ هذه الصفحة مفتوحة حتى تُحفظ.",
  merged: "عُدّلت هذه الملاحظات في نافذة أخرى أيضًا. النصان كلاهما هنا الآن.",
  failed: "تعذّر تحميل ملاحظاتك.",
  again: "حاول مجددًا",
};

export const NOTE_PAD: Record<Locale, NotePadWords> = { en, es, ar };
