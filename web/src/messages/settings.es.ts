import type { SettingsWords } from "./settings.en";

const rules = new Intl.PluralRules("es");
const visits = (n: number): string => (rules.select(n) === "one" ? `${n} visita próxima tiene` : `${n} visitas próximas tienen`);

export const es: SettingsWords = {
  page: "Ajustes",
  saved: "Guardado",
  unsaved: "Sin guardar",
  unsavedFirst: "Guarde esto primero o deshaga lo que cambió.",
  undo: "Deshacer",
  plan: {
    title: "Mensajes a los pacientes",
    whose: "De quién es el plan",
    practice: "La clínica: todo tipo de visita sin plan propio",
    hint: "Los días cuentan por el reloj de pared; las horas y los minutos, por el tiempo que pasa. Entre las 21 y las 8 h del paciente solo salen el enlace y lo que pida. Cuando confirma, solo llega el enlace. A quien nada alcanza se le pone en la lista de llamadas.",
    standIn: "Este tipo de visita sigue el plan de la clínica. Cámbielo y guarde, y tendrá un plan propio.",
    standard: "Este es el plan que trae Careroom.",
    on: (what) => `Enviar: ${what}`,
    kinds: {
      confirmation: "Confirmación",
      reminder: "Recordatorio",
      unconfirmed: "En la lista de llamadas: sin respuesta",
      link: "El enlace para entrar",
      rescue: "Para quien no ha llegado",
      noshow: "Para el personal: proponer ausencia",
    },
    atOnce: "En cuanto se reserva",
    amount: "Cuánto",
    unit: "Unidad",
    units: { days: "días antes", hours: "horas antes", minutes: "minutos antes", after: "minutos después del inicio" },
    channels: "Por",
    ways: { "sms,voice,email": "SMS y, si no, correo", "email,sms,voice": "Correo y, si no, SMS", sms: "Solo SMS", email: "Solo correo", call: "La lista de llamadas" },
    add: "Añadir un recordatorio",
    remove: (what) => `Quitar: ${what}`,
    save: "Guardar el plan",
    savedFor: (n) => (n === 0 ? "Guardado. Ninguna visita próxima cambia." : `Guardado. ${visits(n)} mensajes nuevos planificados.`),
    forgetType: "Usar el plan de la clínica",
    forgetPractice: "Usar el plan estándar",
    readOnly: "El plan lo cambia un administrador.",
  },
  phones: {
    title: "Números y urgencias",
    own: "Número propio de la clínica para SMS",
    ownHint: "Los SMS salen por él y lo que se le escribe es para esta clínica. Déjelo vacío para usar el número de esta instalación.",
    alarm: "Si un paciente escribe palabras urgentes, en cualquiera de diez idiomas, recibe al momento consejos de urgencia. Avisan todos los tableros; al minuto se despiertan los navegadores con avisos; a los tres minutos se envía un SMS a los teléfonos de abajo, y otra vez cada cinco minutos hasta que alguien lo acepte.",
    nobody: "No hay ningún teléfono: si nadie mira un tablero, una urgencia no llega a nadie.",
    onCall: (n) => `Teléfono de guardia ${n}`,
    add: "Añadir un teléfono de guardia",
    remove: (n) => `Quitar el teléfono de guardia ${n}`,
    save: "Guardar los números",
  },
};
