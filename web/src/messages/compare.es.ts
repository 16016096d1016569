import type { CompareMessages } from "./compare.en";

const es: CompareMessages = {
  title: "¿Ven los dos las mismas cuatro imágenes?",
  why: "Léanselas en voz alta. Si son las mismas, no hay nadie en medio.",
  asked: "Preparando las imágenes…",
  same: "Sí, las mismas",
  different: "No, son distintas",
  agreed: "Los dos vieron las mismas imágenes. No hay nadie en medio.",
  unproven: "Todavía no se pueden comparar: las claves de un lado no están confirmadas. La llamada sigue.",
  broken: "La comparación se interrumpió. Inténtelo otra vez; si vuelve a pasar, cuelgue y llame por teléfono.",
  again: "Intentar otra vez",
  close: "Cerrar",
  pictures: [
    "manzana", "plátano", "uvas", "fresa", "limón", "zanahoria", "maíz", "pan", "queso", "huevo", "pizza", "pastel", "café", "abeja",
    "mariquita", "pato", "búho", "vaca", "oveja", "rana", "ballena", "serpiente", "camello", "jirafa", "caracol", "cangrejo", "rosa",
    "girasol", "palmera", "hoja", "luna", "sol", "estrella", "nube", "arcoíris", "copo de nieve", "fuego", "gota", "montaña", "casa",
    "castillo", "tienda", "bicicleta", "coche", "autobús", "tren", "avión", "barco", "ancla", "llave", "campana", "reloj", "lámpara",
    "tijeras", "martillo", "paraguas", "sombrero", "zapato", "gafas", "regalo", "globo", "pelota", "guitarra", "libro",
  ],
};

export default es;
