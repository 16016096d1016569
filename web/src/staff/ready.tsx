/** Readiness of a patient as five small icons; each says its meaning in words and never by colour alone. */
import { Camera, CameraOff, Consent, Microphone, MicrophoneOff, Signal, Talk } from "./icons";
import { needsInterpreter } from "./sections";
import type { Device, Row } from "./types";
import { words } from "./words";

type Tone = "ok" | "none" | "bad";

function toneOf(device: Device | undefined): Tone {
  if (!device || device === "unchecked") return "none";
  return device === "ok" ? "ok" : "bad";
}

export function cameraWord(row: Row): string {
  const entry = row.entry;
  const w = words.value.ready.camera;
  if (entry && entry.media !== "video" && entry.camera !== "ok") return w.off;
  return !entry || entry.camera === "unchecked" ? w.none : w[entry.camera];
}

export function microphoneWord(row: Row): string {
  const device = row.entry?.microphone;
  const w = words.value.ready.microphone;
  return !device || device === "unchecked" ? w.none : w[device];
}

export function interpreterWord(row: Row): string | null {
  const need = row.person.needs.find((n) => n.kind === "interpreter" || n.kind === "signing");
  if (!need) return null;
  if (!need.detail) return words.value.needs[need.kind];
  // The detail is a language tag, or free words of the desk.
  return /^[a-z]{2,3}(-[A-Za-z0-9]+)*$/.test(need.detail) ? words.value.common.language(need.detail) : need.detail;
}

export function Ready({ row }: { row: Row }) {
  const w = words.value.ready;
  const entry = row.entry;
  const camera = entry && entry.media !== "video" ? "none" : toneOf(entry?.camera);
  const microphone = toneOf(entry?.microphone);
  const interpreter = interpreterWord(row);
  const CameraIcon = camera === "bad" ? CameraOff : Camera;
  const MicrophoneIcon = microphone === "bad" ? MicrophoneOff : Microphone;
  return (
    <span class="ready">
      <CameraIcon class={`tone-${camera}`} label={cameraWord(row)} />
      <MicrophoneIcon class={`tone-${microphone}`} label={microphoneWord(row)} />
      <Signal class={entry?.present ? "tone-ok" : entry ? "tone-bad" : "tone-none"} label={entry?.present ? w.present : w.gone} />
      <Consent class={row.consent ? "tone-ok" : "tone-none"} label={row.consent ? w.consentGiven : w.consentMissing} />
      <Talk
        class={needsInterpreter(row) ? "tone-warn" : "tone-none"}
        label={interpreter ? w.interpreter(interpreter) : w.noInterpreter}
      />
    </span>
  );
}
