import type { CallMessages } from "./call.en";

const es: CallMessages = {
  leave_title: "¿Salir de la visita?",
  leave_text: "{name} se queda un rato. Puede volver con un toque.",
  leave_yes: "Salir",
  leave_no: "Quedarme",
  close: "Cerrar",
  devices_title: "Cámara y sonido",
  camera_failed: "Su cámara no se encendió. Está dentro con voz.",
  mic_failed: "Su micrófono no se encendió. {name} no le oye, pero usted puede oír y escribir.",
  why: "¿Por qué?",
};

export default es;
