/** Small drawings of where to press: one for each cause of failure, as this browser on this system shows it. */
import type { JSX } from "preact";
import type { Browser, Scene, System } from "./device-causes";

export type Part = "camera" | "microphone";

const CAMERA = "M-9-6h11a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H-9a2 2 0 0 1-2-2v-8a2 2 0 0 1 2-2zM4-1l7-4V5L4 1z";
const MICROPHONE = "M0-11a4 4 0 0 1 4 4v6a4 4 0 0 1-8 0v-6a4 4 0 0 1 4-4zM-8-2a8 8 0 0 0 16 0M0 6v5";

function Device({ part, x, y, struck = false, scale = 1 }: { part: Part; x: number; y: number; struck?: boolean; scale?: number }) {
  return (
    <g transform={`translate(${x} ${y}) scale(${scale})`} class="dp-ink">
      <path d={part === "camera" ? CAMERA : MICROPHONE} />
      {struck && <path d="M-12-11 12 12" class="dp-bad" />}
    </g>
  );
}

/** A ring round what is to be pressed. */
function Ring({ x, y, r = 17 }: { x: number; y: number; r?: number }) {
  return <circle cx={x} cy={y} r={r} class="dp-here" />;
}

/** A window or a phone, with its address line. Answers where the sign beside the address is. */
function frame(system: System): { sign: { x: number; y: number }; shape: JSX.Element } {
  const phone = system === "ios" || system === "android";
  if (!phone) {
    return {
      sign: { x: 76, y: 44 },
      shape: (
        <>
          <rect x="40" y="20" width="240" height="112" rx="10" class="dp-sheet" />
          <rect x="56" y="32" width="208" height="24" rx="12" class="dp-well" />
          <path d="M100 44h96" class="dp-line" />
        </>
      ),
    };
  }
  const low = system === "ios"; // Safari on a phone has its address line below
  return {
    sign: { x: 118, y: low ? 118 : 40 },
    shape: (
      <>
        <rect x="92" y="10" width="136" height="132" rx="18" class="dp-sheet" />
        <rect x="102" y={low ? 106 : 28} width="116" height="24" rx="12" class="dp-well" />
        <path d={`M140 ${low ? 118 : 40}h58`} class="dp-line" />
      </>
    ),
  };
}

function sign(browser: Browser, part: Part, at: { x: number; y: number }): JSX.Element {
  if (browser === "firefox") return <Device part={part} x={at.x} y={at.y} struck scale={0.7} />;
  const d = browser === "safari" ? "M-6-7H6V7H-6zM-3-3H3M-3 0H3M-3 3H1" : "M-8-4H2M7-4H8M-8 4H-7M-2 4H8M2-4a2 2 0 1 0 5 0 2 2 0 1 0-5 0M-7 4a2 2 0 1 0 5 0 2 2 0 1 0-5 0";
  return <path d={d} transform={`translate(${at.x} ${at.y})`} class="dp-ink" />;
}

function Site({ browser, system, part }: Place) {
  if (browser === "safari" && system === "mac") {
    return (
      <>
        <rect x="30" y="18" width="260" height="22" rx="6" class="dp-well" />
        <text x="46" y="34" class="dp-text">
          Safari
        </text>
        <rect x="36" y="42" width="150" height="86" rx="8" class="dp-sheet" />
        <path d="M50 60h90M50 110h70" class="dp-line" />
        <rect x="42" y="72" width="138" height="26" rx="6" class="dp-glow" />
        <path d="M52 85h96" class="dp-ink" />
        <Ring x={166} y={85} />
        <Device part={part} x={246} y={86} struck scale={1.5} />
      </>
    );
  }
  const { sign: at, shape } = frame(system);
  return (
    <>
      {shape}
      {sign(browser, part, at)}
      <Ring x={at.x} y={at.y} />
      <Device part={part} x={160} y={82} struck scale={1.6} />
    </>
  );
}

function System({ part, system }: Place) {
  const phone = system === "ios" || system === "android";
  const x = phone ? 92 : 50;
  const width = phone ? 136 : 220;
  return (
    <>
      <rect x={x} y="10" width={width} height="132" rx={phone ? 18 : 10} class="dp-sheet" />
      {[34, 118].map((y) => (
        <path key={y} d={`M${x + 20} ${y}h${width - 70}`} class="dp-line" />
      ))}
      <rect x={x + 8} y="54" width={width - 16} height="40" rx="8" class="dp-glow" />
      <Device part={part} x={x + 30} y={74} />
      <rect x={x + width - 52} y="64" width="34" height="20" rx="10" class="dp-on" />
      <circle cx={x + width - 28} cy="74" r="7" class="dp-knob" />
      <Ring x={x + width - 35} y={74} r={24} />
    </>
  );
}

function Absent({ part }: Place) {
  return (
    <>
      <rect x="170" y="40" width="110" height="72" rx="10" class="dp-sheet" />
      <rect x="160" y="66" width="14" height="22" rx="3" class="dp-well" />
      <path d="M52 76c20-30 30 30 50 0h18" class="dp-ink" />
      <rect x="118" y="66" width="22" height="20" rx="4" class="dp-on" />
      <path d="M140 72h8M140 80h8" class="dp-ink" />
      <Ring x={152} y={77} r={22} />
      <Device part={part} x={42} y={76} scale={1.3} />
    </>
  );
}

function Used({ part }: Place) {
  return (
    <>
      <rect x="96" y="14" width="150" height="92" rx="10" class="dp-well" />
      <Device part={part} x={172} y={46} scale={1.2} />
      <path d="M226 22l10 10M236 22l-10 10" class="dp-bad" />
      <Ring x={231} y={27} r={13} />
      <rect x="60" y="68" width="150" height="72" rx="10" class="dp-sheet" />
      <Device part={part} x={135} y={104} struck scale={1.3} />
    </>
  );
}

function Insecure(_: Place) {
  return (
    <>
      <rect x="40" y="20" width="240" height="40" rx="10" class="dp-sheet" />
      <path d="M66 40h-14v12h16V40h-2zM56 40v-5a5 5 0 0 1 9-3" transform="translate(4 -4)" class="dp-bad" />
      <path d="M92 40h110" class="dp-line" />
      <path d="M160 70v18m-7-7 7 7 7-7" class="dp-ink" />
      <path d="M70 98h180a8 8 0 0 1 8 8v24a8 8 0 0 1-8 8H96l-16 8v-8H70a8 8 0 0 1-8-8v-24a8 8 0 0 1 8-8z" class="dp-sheet" />
      <path d="M86 112h80" class="dp-line" />
      <text x="86" y="130" class="dp-text">
        https
      </text>
      <Ring x={104} y={126} r={24} />
    </>
  );
}

function Elsewhere({ part, system }: Place) {
  const compass = system === "ios" || system === "mac";
  return (
    <>
      <rect x="36" y="34" width="92" height="84" rx="20" class="dp-well" />
      <Device part={part} x={82} y={76} struck scale={1.5} />
      <path d="M142 76h30m-9-8 9 8-9 8" class="dp-ink" />
      <circle cx="232" cy="76" r="42" class="dp-sheet" />
      {compass ? <path d="M250 58 226 70 214 94l24-12z" class="dp-on" /> : <circle cx="232" cy="76" r="16" class="dp-on" />}
      <Ring x={232} y={76} r={48} />
    </>
  );
}

interface Place {
  browser: Browser;
  system: System;
  part: Part;
}

const SCENES: Record<Scene, (place: Place) => JSX.Element> = { site: Site, system: System, absent: Absent, used: Used, insecure: Insecure, elsewhere: Elsewhere };

/** `label` says in words what the drawing shows. */
export function DevicePicture({ scene, label, ...place }: Place & { scene: Scene; label: string }) {
  const Scenery = SCENES[scene];
  return (
    <svg class="device-picture" viewBox="0 0 320 152" role="img" aria-label={label} data-scene={`${scene} ${place.browser} ${place.system}`}>
      <Scenery {...place} />
    </svg>
  );
}
