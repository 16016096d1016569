/** The lists of devices on the check page: page zero has no Preact of its own, so they come when they are wanted. */
import { showChooser } from "../call/device-chooser";
import { locale } from "./words";

export interface Chooser {
  show(): Promise<void>;
  /** Other devices are open now. */
  opened(stream: MediaStream | null): void;
}

export function mountChooser(place: HTMLElement, first: MediaStream | null, onChosen: () => void): Chooser {
  let stream = first;
  const show = (): Promise<void> => showChooser(place, locale(), { stream, onChosen });
  const opened = (next: MediaStream | null): void => {
    stream = next;
    void show();
  };
  return { show, opened };
}
