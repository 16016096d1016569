/** Keeps the screen on while somebody waits or talks; asked for again when the page is seen again. */
export class WakeLock {
  #lock: WakeLockSentinel | null = null;
  #wanted = false;
  #turn: Promise<void> = Promise.resolve();

  constructor() {
    document.addEventListener("visibilitychange", () => this.#settle());
  }

  set wanted(wanted: boolean) {
    this.#wanted = wanted;
    this.#settle();
  }

  /** One after the other: a lock asked for beside another would be held by nobody and for ever. */
  #settle(): void {
    this.#turn = this.#turn.then(() => this.#match());
  }

  async #match(): Promise<void> {
    if (!this.#wanted) return void (await this.#lock?.release());
    if (document.visibilityState !== "visible" || !("wakeLock" in navigator) || this.#lock?.released === false) return;
    try {
      this.#lock = await navigator.wakeLock.request("screen");
    } catch {
      this.#lock = null; // battery saver may refuse: the place in line is kept by the server, not by the screen
    }
  }
}
