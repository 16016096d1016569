/** Camera and sound check: one click at the start of the shift, so that admitting needs none. */
import { useState } from "preact/hooks";
import type { BoardStore } from "./board-store";
import { Camera, Sound, Tick, Warning } from "./icons";
import { ChooseDevices, ExplainDevices } from "./device-slot";
import { Video } from "./video";
import { words } from "./words";

export function Shift({ store }: { store: BoardStore }) {
  const w = words.value.shift;
  const { stream, problem, opening } = store.media;
  const [heard, setHeard] = useState(false);
  const [asked, setAsked] = useState<"choose" | "why" | null>(null);
  const close = (): void => setAsked(null);
  const check = async (): Promise<void> => {
    // Both in the same click. The camera does not wait for the sound: without a loudspeaker some browsers never answer.
    store.chime.arm().then(
      () => setHeard(true),
      (error: unknown) => console.error("chime:", error),
    );
    await store.media.open();
  };
  if (!stream.value) {
    return (
      <section class="shift" aria-labelledby="shift-title">
        <div class="shift-words">
          <h2 id="shift-title">{w.title}</h2>
          <p>{w.lead}</p>
          {problem.value && (
            <p class="word-bad" role="alert">
              <Warning /> {w[problem.value]}{" "}
              <button type="button" class="link-button" onClick={() => setAsked("why")}>
                {w.why}
              </button>
            </p>
          )}
          {asked && <ExplainDevices media={store.media} onClose={close} />}
        </div>
        <button type="button" class="button" disabled={opening.value} onClick={() => void check()}>
          <Camera /> {problem.value ? w.again : w.start}
        </button>
      </section>
    );
  }
  return (
    <section class="shift shift-done" aria-label={w.title}>
      <div class="shift-picture">
        <Video stream={stream.value} label={w.preview} muted mirrored />
      </div>
      <div class="shift-words">
        <p>
          <Tick /> <strong>{problem.value ? w[problem.value] : w.ready}</strong>{" "}
          {problem.value && (
            <button type="button" class="link-button" onClick={() => setAsked("why")}>
              {w.why}
            </button>
          )}
        </p>
        {heard && <p>{w.heard}</p>}
      </div>
      <div class="button-pair">
        <button type="button" class="button" onClick={() => void store.chime.arm().then(() => setHeard(true))}>
          <Sound /> {w.test}
        </button>
        <button type="button" class="button" onClick={() => setAsked("choose")}>
          {words.value.call.devices}
        </button>
        {asked === "choose" && <ChooseDevices store={store} onClose={close} />}
        {asked === "why" && <ExplainDevices media={store.media} onClose={close} />}
        <button type="button" class="button" onClick={() => store.media.close()}>
          {w.stop}
        </button>
      </div>
    </section>
  );
}
