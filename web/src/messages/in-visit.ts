/** Words for what people do in a call besides talking, on the pages of patient, guest and staff. `{name}` is the other side. */
import type { Locale } from "../lib/locale";

const en = {
  holdTitle: "{name} has put the visit on hold",
  holdText: "Nobody hears or sees anybody now. Stay here: it goes on by itself.",
  share: "Share screen",
  shareStop: "Stop sharing",
  sharing: "You share your screen. {name} sees it in place of your camera, and hears you as before.",
  shareFailed: "The screen could not be shared. Your device may forbid it; look in its settings, then try again.",
  shows: "{name} shares a screen",
  flip: "Other camera",
  blur: "Blur what is behind you",
  blurNone: "This browser cannot blur what is behind you. Some devices can in their own camera settings.",
};

export type InVisitWords = typeof en;

const es: InVisitWords = {
  holdTitle: "{name} ha puesto la visita en espera",
  holdText: "Ahora nadie oye ni ve a nadie. Quédese aquí: continúa por sí sola.",
  share: "Compartir pantalla",
  shareStop: "Dejar de compartir",
  sharing: "Está compartiendo su pantalla. {name} la ve en lugar de su cámara y le oye como antes.",
  shareFailed: "No se pudo compartir la pantalla. Puede que su dispositivo lo impida; mire en sus ajustes y vuelva a intentarlo.",
  shows: "{name} comparte una pantalla",
  flip: "Otra cámara",
  blur: "Desenfocar lo que hay detrás de usted",
  blurNone: "Este navegador no puede desenfocar lo que hay detrás de usted. Algunos dispositivos pueden en los ajustes de su cámara.",
};

const ar: InVisitWords = {
  holdTitle: "وضع {name} الزيارة قيد الانتظار",
  holdText: "لا أحد يسمع أو يرى أحدًا الآن. ابقَ هنا: ستستمر الزيارة من تلقاء نفسها.",
  share: "مشاركة الشاشة",
  shareStop: "إيقاف المشاركة",
  sharing: "أنت تشارك شاشتك. يراها {name} بدلًا من الكاميرا، ويسمعك كما من قبل.",
  shareFailed: "تعذّرت مشاركة الشاشة. ربما يمنعها جهازك؛ راجع إعداداته ثم حاول مجددًا.",
  shows: "{name} يشارك شاشة",
  flip: "الكاميرا الأخرى",
  blur: "تمويه ما خلفك",
  blurNone: "لا يستطيع هذا المتصفح تمويه ما خلفك. تستطيع بعض الأجهزة ذلك من إعدادات الكاميرا.",
};

export const IN_VISIT: Record<Locale, InVisitWords> = { en, es, ar };
