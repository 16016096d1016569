/** How loud a stream is, from its samples. */

/** Calls back with the loudness from 0 (-60 dBFS) to 1 (-12 dBFS), about 12 times a second, until the returned function is called. */
export function listen(stream: MediaStream, heard: (level: number, power: number) => void): () => void {
  const context = new AudioContext();
  void context.resume();
  const source = new MediaStreamAudioSourceNode(context, { mediaStream: stream });
  const analyser = new AnalyserNode(context, { fftSize: 1024 });
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    if (context.state !== "running") return;
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    heard(Math.min(1, Math.max(0, (10 * Math.log10(power + 1e-9) + 60) / 48)), power);
  }, 80);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}
