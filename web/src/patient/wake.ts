/** Keeps the screen on while somebody waits or talks; asked for again when the page is seen again. */
export class WakeLock {
  #lock: WakeLockSentinel | null = null;
  #wanted = false;

  constructor() {
    document.addEventListener("visibilitychange", () => void this.#ask());
  }

  set wanted(wanted: boolean) {
    this.#wanted = wanted;
    if (wanted) void this.#ask();
    else void this.#lock?.release();
  }

  async #ask(): Promise<void> {
    if (!this.#wanted || document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
    if (this.#lock && !this.#lock.released) return;
    try {
      this.#lock = await navigator.wakeLock.request("screen");
      if (!this.#wanted) await this.#lock.release();
    } catch {
      this.#lock = null; // battery saver may refuse: the place in line is kept by the server, not by the screen
    }
  }
}
