/** A video element that shows a stream. Sound that the browser holds back is reported, so that a tap can free it. */
import { useEffect, useRef } from "preact/hooks";
import { chosen } from "../call/devices";

interface Props {
  stream: MediaStream | null;
  label: string;
  muted?: boolean;
  mirrored?: boolean;
  /** Nothing is sent: the last frame would stand there as if it were now. The sound goes on. */
  away?: boolean;
  onSilenced?: (free: () => void) => void;
}

export function Video({ stream, label, muted = false, mirrored = false, away = false, onSilenced }: Props) {
  const element = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const video = element.current;
    if (!video) return;
    video.srcObject = stream;
    if (!stream) return;
    if (!muted && chosen.speaker) void import("../call/choices").then(({ route }) => route(video));
    const play = (): void => {
      video.play().catch((error: unknown) => {
        // AbortError: a newer stream came in between. NotAllowedError: the browser wants a tap first.
        if (error instanceof DOMException && error.name === "NotAllowedError") onSilenced?.(play);
      });
    };
    play();
  }, [stream]);
  return <video ref={element} class={away ? "away" : mirrored ? "mirrored" : ""} aria-label={label} autoplay playsInline muted={muted} />;
}
