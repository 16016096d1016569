import type { Api } from "../lib/api";
import type { Locale } from "../lib/locale";
import type { MediaChoice, PatientView } from "../lib/types";
import type { Sound } from "./sound";

/** What page zero gives to the room: the same document goes on, so the tap that unlocked sound still counts. */
export interface Handoff {
  api: Api;
  linkId: string;
  view: PatientView;
  media: MediaChoice;
  locale: Locale;
  sound: Sound;
  /** False after a reload: nothing has been tapped yet, so sound and camera wait for a tap. */
  touched: boolean;
  /** Where the room draws itself. */
  root: HTMLElement;
  /** Tells the room when the language menu is used. */
  onLocale(listener: (locale: Locale) => void): void;
}
