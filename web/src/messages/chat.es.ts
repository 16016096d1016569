import type { ChatMessages } from "./chat.en";

const es: ChatMessages = {
  log: "Mensajes",
  write: "Escriba un mensaje",
  send: "Enviar",
  you: "Usted",
  clinic: "Clínica",
  patient: "Paciente",
  unconfirmed_author: "Desde un teléfono aún no confirmado",
  sending: "Enviando…",
  sent: "Enviado",
  not_sent: "No se pudo enviar.",
  retry: "Intentar otra vez",
  loading: "Abriendo sus mensajes…",
  load_failed: "No se han podido abrir sus mensajes. Seguimos intentándolo.",
  empty: "Todavía no hay mensajes.",
  too_long: "El mensaje es demasiado largo. Envíelo en partes.",

  nobody: "Nadie de la clínica puede leer mensajes todavía. Puede llamar al {phone}.",
  nobody_staff: "Ningún dispositivo del personal puede leer mensajes aquí todavía.",
  not_admitted: "Este teléfono aún no puede leer ni escribir mensajes. Puede llamar al {phone}. Su visita sigue igual.",
  not_admitted_staff: "Usted no está en el equipo de este paciente.",
  staff_pending: "Este dispositivo espera la aprobación de su administrador. Las visitas funcionan mientras tanto.",
  distrust: "Las claves de la clínica no son las que este dispositivo conoce, y los mensajes se han detenido. Su visita sigue igual. Llame al {phone}.",
  distrust_staff: "Las claves de esta conversación no coinciden con lo que este dispositivo conoce. No escriba aquí y avise a su administrador. Las visitas siguen igual.",

  new_phone: "Teléfono nuevo, aún no confirmado",
  new_phone_confirmed: "Teléfono nuevo, confirmado",
  new_staff: "Desde aquí puede leer un dispositivo nuevo de la clínica",
  gone: "Desde aquí un dispositivo ya no puede leer",
  confirm: "Confirmar este teléfono",
  confirm_why: "Solo si ha visto u oído quién es. El teléfono podrá leer los mensajes anteriores.",
  confirmed: "Confirmado",

  no_key: "Escrito antes de que se uniera este teléfono. Se abrirá cuando la clínica lo confirme.",
  no_key_staff: "Escrito antes de que se uniera este dispositivo.",
  bad: "No se ha podido comprobar este mensaje y no se muestra.",
  order: "Antes de este mensaje faltan otros o están desordenados.",
  newer: "Un tipo de mensaje más nuevo. Recargue la página para leerlo.",
};

export default es;
