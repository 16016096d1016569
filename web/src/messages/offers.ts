/** Words of an earlier time that is offered, and of a visit that the clinic cannot keep. */
import type { Locale } from "../lib/locale";

const en = {
  title: "An earlier time is free",
  titles: "Earlier times are free",
  lead: "It goes to whoever takes it first. Until then your visit stays as it is.",
  when: (day: string, time: string, zone: string) => `${day}, ${time} (${zone})`,
  left: (minutes: string) => `Free for you for ${minutes} more min`,
  soon: "Free for you for less than a minute",
  take: (time: string) => `Take ${time}`,
  inside: "Go on below: once you are in, one tap takes it. Or answer the text with 1.",
  decline: "No, thank you",
  displacedTitle: "Your visit needs another time",
  displaced: "The clinic cannot see you at this time. If you got a text with times, answer it with a digit. The clinic will also ring you.",
  offline: "No connection. Try again in a moment.",
};

export type OffersWords = typeof en;

const es: OffersWords = {
  title: "Hay una hora más temprana libre",
  titles: "Hay horas más tempranas libres",
  lead: "Es para quien la tome primero. Hasta entonces su cita sigue igual.",
  when: (day, time, zone) => `${day}, ${time} (${zone})`,
  left: (minutes) => `Libre para usted ${minutes} min más`,
  soon: "Libre para usted menos de un minuto",
  take: (time) => `Tomar las ${time}`,
  inside: "Siga abajo: cuando esté dentro, la toma con un toque. O responda 1 al mensaje.",
  decline: "No, gracias",
  displacedTitle: "Su cita necesita otra hora",
  displaced: "La clínica no puede atenderle a esta hora. Si recibió un mensaje con horas, responda con una cifra. La clínica también le llamará.",
  offline: "Sin conexión. Inténtelo de nuevo en un momento.",
};

const ar: OffersWords = {
  title: "وقت أبكر متاح",
  titles: "أوقات أبكر متاحة",
  lead: "يكون لمن يأخذه أولًا. حتى ذلك الحين يبقى موعدك كما هو.",
  when: (day, time, zone) => `${day}، ${time} (${zone})`,
  left: (minutes) => `متاح لك ${minutes} دقيقة أخرى`,
  soon: "متاح لك أقل من دقيقة",
  take: (time) => `خذ ${time}`,
  inside: "تابع أدناه: بعد الدخول تأخذه بلمسة واحدة. أو أجب عن الرسالة بالرقم 1.",
  decline: "لا، شكرًا",
  displacedTitle: "موعدك يحتاج إلى وقت آخر",
  displaced: "لا تستطيع العيادة استقبالك في هذا الوقت. إذا وصلتك رسالة فيها أوقات فأجب برقم. وستتصل بك العيادة أيضًا.",
  offline: "لا اتصال. حاول مجددًا بعد لحظة.",
};

export const OFFERS: Record<Locale, OffersWords> = { en, es, ar };
