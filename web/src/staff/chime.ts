/** The sound of an arrival: two short tones made here, no file. Browsers allow sound only after a click: `arm()` is that click. */
export class Chime {
  #context: AudioContext | null = null;

  /** Call from a click. Plays the sound once, so the person knows it works. Rejects when the browser has no sound. */
  async arm(): Promise<void> {
    this.#context ??= new AudioContext();
    await this.#context.resume();
    this.play();
  }

  get armed(): boolean {
    return this.#context?.state === "running";
  }

  /** True when the sound was played; false when it is not armed (the caller shows it in words in any case). */
  play(): boolean {
    const context = this.#context;
    if (context?.state !== "running") return false;
    this.#tone(context, 659.25, 0);
    this.#tone(context, 880, 0.16);
    return true;
  }

  #tone(context: AudioContext, hertz: number, after: number): void {
    const start = context.currentTime + after;
    const gain = context.createGain();
    gain.gain.setValueAtTime(0.0001, start);
    gain.gain.exponentialRampToValueAtTime(0.22, start + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.0001, start + 0.45);
    const tone = new OscillatorNode(context, { type: "sine", frequency: hertz });
    tone.connect(gain).connect(context.destination);
    tone.start(start);
    tone.stop(start + 0.5);
  }
}
