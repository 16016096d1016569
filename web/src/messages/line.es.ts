/** Palabras del turno en las páginas del personal. */
import type { LineWords } from "./line.en";

const reglas = new Intl.PluralRules("es");
const personas = (n: number): string => (reglas.select(n) === "one" ? `${n} persona` : `${n} personas`);

export const lineEs: LineWords = {
  filters: { urgent: "Urgente", unseen: "Sin ver" },
  everyone: "Todos los profesionales",
  only: "Profesional",
  sort: "Orden",
  orders: { place: "Turno", acuity: "Urgencia, después la hora", booked: "Hora reservada", wait: "Mayor espera" },
  acuity: { stat: "Ahora", asap: "Cuanto antes", urgent: "Urgente", routine: "Normal" },
  overdue: (n) => `${personas(n)} sin ver desde hace 2 minutos`,
  look: "Ver",
  seen: "Visto",
  seenNext: (name) => `He visto que ${name} espera`,
  keys: {
    seen: "He visto quién es el siguiente",
    undo: "Deshacer el fin de la visita",
    change: (act, key) => `${act}: ${key}. Cambiar esta tecla`,
    press: "Pulse la tecla nueva",
    usual: "Volver a las teclas habituales",
    remapHint: "Pulse el botón de una letra para dar otra tecla a la acción. Se guarda en este ordenador.",
  },
  ending: {
    title: (name) => `La visita con ${name} ha terminado`,
    left: (seconds) => `Puede deshacerlo durante ${seconds} s. Nadie le oye ni le ve.`,
    undo: "Deshacer",
    now: "Terminar ya",
    undone: (name) => `Vuelve a estar con ${name}.`,
  },
};
