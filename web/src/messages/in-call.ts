/** Words for a call of three and more, on the pages of patient and guest. `{name}` and `{guest}` are filled in. */
import type { Locale } from "../lib/locale";

const en = {
  scope: { interpreter: "Interpreter", family: "Family", trainee: "Trainee" },
  tile: "{name}, video",
  muted: "muted",
  noPicture: "no picture",
  onPhone: "{guest} interprets by telephone. Telephone is not encrypted.",
  asideTitle: "{name} speaks with {guest} alone for a moment",
  asideText: "They neither hear nor see you now, and you do not hear them. Stay here: they come back by themselves.",
};

export type InCallWords = typeof en;

const es: InCallWords = {
  scope: { interpreter: "Intérprete", family: "Familia", trainee: "Persona en formación" },
  tile: "{name}, vídeo",
  muted: "sin sonido",
  noPicture: "sin imagen",
  onPhone: "{guest} interpreta por teléfono. El teléfono no está cifrado.",
  asideTitle: "{name} habla un momento a solas con {guest}",
  asideText: "Ahora no le oyen ni le ven, y usted no les oye. Quédese aquí: vuelven por sí solos.",
};

const ar: InCallWords = {
  scope: { interpreter: "مترجم", family: "عائلة", trainee: "متدرب" },
  tile: "{name}، فيديو",
  muted: "الصوت مكتوم",
  noPicture: "بلا صورة",
  onPhone: "{guest} يترجم بالهاتف. الهاتف غير مشفر.",
  asideTitle: "{name} يتحدث مع {guest} على انفراد للحظة",
  asideText: "لا يسمعونك ولا يرونك الآن، ولا تسمعهم. ابقَ هنا: سيعودون من تلقاء أنفسهم.",
};

export const IN_CALL: Record<Locale, InCallWords> = { en, es, ar };
