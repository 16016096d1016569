import type { ReadonlySignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { useWords } from "./context";

/** Our own picture, mirrored as people know themselves. */
export function SelfView({ own }: { own: ReadonlySignal<MediaStream | null> }) {
  const video = useRef<HTMLVideoElement>(null);
  const { say } = useWords();
  const stream = own.value;
  useEffect(() => {
    if (video.current) video.current.srcObject = stream;
  }, [stream]);
  return <video ref={video} class="self" playsInline autoplay muted aria-label={say("your_picture")} />;
}
