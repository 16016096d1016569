/** The third and further people of a call: a picture each with a name on it. Loaded when somebody is there to be shown. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import "./guest-tiles.css";
import type { Other } from "./relay/member";

export interface Tile {
  other: Other;
  /** Name, or what they are; and what else is worth a word. */
  name: string;
  words: string[];
  label: string;
  /** Pinned: as large as the one the page shows large, whoever speaks. */
  large?: boolean;
  speaks?: boolean;
  children?: ComponentChildren;
}

/** The id of the guest who sits in a seat. */
export function guestOf(seat: string): string {
  return seat.replace(/\.guest$/, "");
}

/** `grid`: all of the same size, for a page on which nobody is the one shown large. */
export function GuestTiles({ tiles, grid = false }: { tiles: Tile[]; grid?: boolean }) {
  return (
    <ul class={grid ? "guest-tiles guest-grid" : "guest-tiles"}>
      {tiles.map((tile) => (
        <li key={tile.other.seat} class={tile.large ? "guest-tile guest-large" : "guest-tile"} data-speaks={tile.speaks ? "yes" : undefined} data-screen={tile.other.sends.screen ? "yes" : undefined}>
          <TileVideo other={tile.other} label={tile.label} />
          <div class="guest-tag">
            <strong>
              <bdi>{tile.name}</bdi>
            </strong>
            {tile.words.map((word) => (
              <span key={word}>{word}</span>
            ))}
            {tile.children}
          </div>
        </li>
      ))}
    </ul>
  );
}

/** Picture and sound of one person. What the browser holds back is let go with the next touch. */
function TileVideo({ other, label }: { other: Other; label: string }) {
  const video = useRef<HTMLVideoElement>(null);
  const stream = other.stream;
  useEffect(() => {
    const element = video.current;
    if (!element) return undefined;
    element.srcObject = stream;
    const play = (): void => {
      element.play().catch((error: unknown) => {
        // AbortError: a newer stream came in between.
        if (error instanceof DOMException && error.name === "NotAllowedError") document.addEventListener("pointerup", play, { once: true });
      });
    };
    play();
    stream?.addEventListener("addtrack", play);
    return () => {
      stream?.removeEventListener("addtrack", play);
      document.removeEventListener("pointerup", play);
    };
  }, [stream]);
  const shown = other.sends.started && other.sends.video;
  return <video ref={video} class={shown ? "" : "guest-dark"} aria-label={label} autoplay playsInline />;
}
