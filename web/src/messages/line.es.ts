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
  acuity: (n) => ["", "Al momento", "Urgente", "Normal", "Puede esperar", "No urgente"][n] ?? "",
  overdue: (n) => `${personas(n)} sin ver desde hace 2 minutos`,
  look: "Ver",
  seen: "Visto",
  keys: {
    transfer: "Pasar a otra persona",
    urgency: "Decir la urgencia",
    phone: "Pasar la visita al teléfono",
    seen: "He visto quién es el siguiente",
    undo: "Deshacer el fin de la visita",
    change: (act, key) => `${act}: ${key}. Cambiar esta tecla`,
    press: "Pulse la tecla nueva",
    usual: "Volver a las teclas habituales",
    remapHint: "Pulse el botón de una letra para dar otra tecla a la acción. Se guarda en este ordenador.",
  },
  handOver: {
    button: "Pasar",
    title: (name) => `Pasar a ${name}`,
    note: "Nota para quien continúe (opcional)",
    back: "Volver a mi fila",
    backHint: "El mismo lugar; usted admite de nuevo cuando quiera",
    to: (name) => `A ${name}`,
    pool: (n) => `${n} ${reglas.select(n) === "one" ? "profesional" : "profesionales"}, quien esté libre`,
    keeps: "Conserva lugar, llegada y consentimiento.",
    nobody: "No hay nadie más a quien pasar la visita.",
    by: (name) => `Lo pasó ${name}`,
    urgency: "Urgencia",
    urgencyTitle: (name) => `¿Qué urgencia tiene ${name}?`,
    reason: "Motivo",
    reasonMissing: "Escriba el porqué, para que otros lo entiendan",
    told: "Los más urgentes pasan antes. A quien retrocede se le dice, sin nombres.",
    save: "Guardar",
  },
  phone: {
    title: "Visita por teléfono",
    text: (name) => `Llame a ${name}. El teléfono no va cifrado.`,
    ask: "Mostrar el número",
    number: (shown) => `Llamar al ${shown}`,
    shared: "Puede contestar otra persona. Pregunte por la persona, no diga el motivo.",
    key: "Teléfono",
  },
  ending: {
    title: (name) => `La visita con ${name} ha terminado`,
    left: (seconds) => `Puede deshacerlo durante ${seconds} s. Nadie le oye ni le ve.`,
    undo: "Deshacer",
    now: "Terminar ya",
    undone: (name) => `Vuelve a estar con ${name}.`,
  },
};
