/** One AudioContext for the whole visit, unlocked by a tap; chimes, the speaker test, and how loud the microphone is. */
export class Sound {
  #context: AudioContext | null = null;

  /** Call inside a tap: browsers let sound out only after one. */
  unlock(): void {
    this.#context ??= new AudioContext();
    if (this.#context.state !== "running") void this.#context.resume();
  }

  get unlocked(): boolean {
    return this.#context?.state === "running";
  }

  /** Three rising notes: the speaker test, and the sign that the doctor is coming. */
  chime(): void {
    const context = this.#context;
    if (!context) return;
    [523.25, 659.25, 783.99].forEach((hertz, index) => {
      const start = context.currentTime + 0.05 + index * 0.16;
      const note = new OscillatorNode(context, { type: "sine", frequency: hertz });
      const gain = new GainNode(context, { gain: 0 });
      gain.gain.setValueAtTime(0, start);
      gain.gain.linearRampToValueAtTime(0.22, start + 0.02);
      gain.gain.exponentialRampToValueAtTime(0.001, start + 0.7);
      note.connect(gain).connect(context.destination);
      note.start(start);
      note.stop(start + 0.75);
    });
  }

  /** Calls back with the loudness, 0 to 1, about 12 times a second, until the returned function is called. */
  measure(stream: MediaStream, heard: (level: number) => void): () => void {
    this.unlock();
    const context = this.#context;
    if (!context || stream.getAudioTracks().length === 0) return () => undefined;
    const source = new MediaStreamAudioSourceNode(context, { mediaStream: stream });
    const analyser = new AnalyserNode(context, { fftSize: 1024 });
    source.connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      // -60 dBFS is silence, -12 dBFS is a raised voice.
      heard(Math.min(1, Math.max(0, (10 * Math.log10(power + 1e-9) + 60) / 48)));
    }, 80);
    return () => {
      clearInterval(timer);
      source.disconnect();
    };
  }
}
