/** Camera, microphone and speaker to choose from, a meter that moves with the voice, and a sound to hear. Before and in the call. */
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Locale } from "../lib/locale";
import { locale } from "../lib/i18n";
import { IN_VISIT } from "../messages/in-visit";
import { blur, canBlur, choose, chosen, devicesHere, type Kind } from "./choices";
import { sayDevice as say, speakDevices } from "./device-words";
import { listen } from "./loudness";
import "./devices.css";

export interface ChooserProps {
  /** What is open now: the meter listens to it, the lists show what of it is in use. */
  stream: MediaStream | null;
  /** A camera or microphone was chosen: open it, and let the call have it. */
  onChosen: (kind: "camera" | "microphone") => void;
}

const KINDS = { camera: "videoinput", microphone: "audioinput", speaker: "audiooutput" } as const;
const HEARD = 0.25;

export function DeviceChooser({ stream, onChosen }: ChooserProps) {
  const [known, setKnown] = useState<MediaDeviceInfo[]>([]);
  const [speaker, setSpeaker] = useState(chosen.speaker ?? "");
  const [played, setPlayed] = useState(false);
  useEffect(() => {
    const look = (): void => void devicesHere().then(setKnown);
    look();
    navigator.mediaDevices.addEventListener("devicechange", look);
    return () => navigator.mediaDevices.removeEventListener("devicechange", look);
  }, [stream]);
  const inUse = (kind: Kind): string => {
    if (kind === "speaker") return speaker;
    const track = kind === "camera" ? stream?.getVideoTracks()[0] : stream?.getAudioTracks()[0];
    return track?.getSettings().deviceId ?? chosen[kind] ?? "";
  };
  const pick = (kind: Kind, id: string): void => {
    choose(kind, id);
    if (kind === "speaker") setSpeaker(id);
    else onChosen(kind);
  };
  const list = (kind: Kind) => {
    const all = known.filter((one) => one.kind === KINDS[kind] && one.deviceId !== "");
    const now = inUse(kind);
    return (
      <label key={kind} class="chooser-line">
        <span>{say(`${kind}_label`)}</span>
        <select value={all.some((one) => one.deviceId === now) ? now : ""} onChange={(event) => pick(kind, event.currentTarget.value)}>
          <option value="">{say("own_choice")}</option>
          {all.map((one, index) => (
            <option key={one.deviceId} value={one.deviceId}>
              {one.label || say("unnamed", { kind: say(`${kind}_label`), n: String(index + 1) })}
            </option>
          ))}
        </select>
      </label>
    );
  };
  /** Firefox names speakers only to who asks for one. */
  const askSpeaker = async (): Promise<void> => {
    const media = navigator.mediaDevices as MediaDevices & { selectAudioOutput(): Promise<MediaDeviceInfo> };
    const one = await media.selectAudioOutput().catch(() => null); // closed without a choice
    if (!one) return;
    pick("speaker", one.deviceId);
    setKnown(await devicesHere());
  };
  const speakers = "setSinkId" in HTMLMediaElement.prototype;
  return (
    <section class="chooser" aria-label={say("title")}>
      {list("camera")}
      <Blur track={stream?.getVideoTracks()[0]} />
      {list("microphone")}
      <Level stream={stream} />
      {speakers ? list("speaker") : <p class="quiet small">{say("speaker_system")}</p>}
      {speakers && "selectAudioOutput" in navigator.mediaDevices && (
        <button type="button" class="button second" onClick={() => void askSpeaker()}>
          {say("choose")}: {say("speaker_label")}
        </button>
      )}
      <div class="chooser-line">
        <button type="button" class="button second" onClick={() => void playTones().then(() => setPlayed(true))}>
          {say("play")}
        </button>
        <span role="status">{played ? say("played") : ""}</span>
      </div>
    </section>
  );
}

/** The browser's own blur where it has one; elsewhere it is said, so that nobody counts on it. */
function Blur({ track }: { track: MediaStreamTrack | undefined }) {
  const [on, setOn] = useState(chosen.backgroundBlur === true);
  const w = IN_VISIT[locale.value];
  if (!track) return null;
  if (!canBlur(track)) return <p class="quiet small">{w.blurNone}</p>;
  const turn = (wanted: boolean): void => {
    blur(track, wanted).then(
      () => setOn(wanted),
      () => setOn(!wanted), // refused: the switch says what is
    );
  };
  return (
    <label class="chooser-line">
      <input type="checkbox" checked={on} onChange={(event) => turn(event.currentTarget.checked)} /> <span>{w.blur}</span>
    </label>
  );
}

/** Moves with the voice; after a while without any it says so. */
function Level({ stream }: { stream: MediaStream | null }) {
  const [level, setLevel] = useState(0);
  const [said, setSaid] = useState<"heard" | "quiet" | null>(null);
  const track = stream?.getAudioTracks()[0];
  useEffect(() => {
    setSaid(null);
    if (!stream || !track) return undefined;
    const quiet = setTimeout(() => setSaid((before) => before ?? "quiet"), 4_000);
    const stop = listen(stream, (loud) => {
      setLevel(loud);
      if (loud > HEARD) setSaid("heard");
    });
    return () => (clearTimeout(quiet), stop());
  }, [track]);
  if (!track) return <p>{say("level_off")}</p>;
  return (
    <div class="chooser-line">
      <meter min={0} max={1} value={level} aria-label={say("level")} />
      <span role="status">{said ? say(said) : ""}</span>
    </div>
  );
}

/** Through the chosen speaker: two tones by an element, because only elements can be sent to a device everywhere. */
async function playTones(): Promise<void> {
  const context = new AudioContext();
  await context.resume();
  const out = new MediaStreamAudioDestinationNode(context);
  for (const [hertz, after] of [[523.25, 0], [783.99, 0.25]] as const) {
    const start = context.currentTime + 0.05 + after;
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(0.25, start + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.001, start + 0.5);
    const tone = new OscillatorNode(context, { frequency: hertz });
    tone.connect(gain).connect(out);
    tone.start(start);
    tone.stop(start + 0.55);
  }
  const element = new Audio();
  element.srcObject = out.stream;
  if (chosen.speaker && "setSinkId" in element) await element.setSinkId(chosen.speaker).catch(() => undefined); // gone: the system's own
  await element.play();
  setTimeout(() => void context.close(), 1_500);
}

/** For pages without Preact of their own. */
export async function showChooser(root: HTMLElement, locale: Locale, props: ChooserProps): Promise<void> {
  await speakDevices(locale);
  render(<DeviceChooser {...props} />, root);
}
