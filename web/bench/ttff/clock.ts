/** Times that two pages of one machine can compare, and the moment the first frame is on the screen. */

/** ms since 1970 on the machine's monotonic clock. */
export function instant(): number {
  return performance.timeOrigin + performance.now();
}

/** When the first frame of whatever the page's video element plays was presented (requestVideoFrameCallback). */
export function firstFrame(): Promise<number> {
  const video = document.getElementById("remote") as HTMLVideoElement;
  return new Promise((resolve) => video.requestVideoFrameCallback(() => resolve(instant())));
}

export function show(stream: MediaStream | null): void {
  (document.getElementById("remote") as HTMLVideoElement).srcObject = stream;
}

/** The same pictures for every strategy, opened before the clock starts. */
export function openCamera(): Promise<MediaStream> {
  return navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 1280, height: 720, frameRate: 30 } });
}
