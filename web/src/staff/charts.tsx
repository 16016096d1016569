/** Three small charts as SVG: lines over the hours, promised against true, bars. Each is one picture with one sentence; the table says it all. */
import type { ComponentChildren } from "preact";

const WIDTH = 520;
const HEIGHT = 250;
const LEFT = 44;
const RIGHT = 118;
const TOP = 22;
const BOTTOM = 28;
const LETTER = 8; // the width of a letter, at most on average

interface Frame {
  label: string;
  most: number;
  tick: (n: number) => string;
  width?: number;
  /** Room at the end, for what stands beside the lines. */
  right?: number;
  children: (x: (share: number) => number, y: (value: number) => number) => ComponentChildren;
}

/** The axes: four lines across, their numbers at the start. Charts read from left to right in every language. */
function Frame({ label, most, tick, width = WIDTH, right = RIGHT, children }: Frame) {
  const x = (share: number): number => LEFT + share * (width - LEFT - right);
  const y = (value: number): number => HEIGHT - BOTTOM - (value / most) * (HEIGHT - TOP - BOTTOM);
  return (
    <svg class="chart" viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={label} direction="ltr">
      {[0, 0.25, 0.5, 0.75, 1].map((share) => (
        <g key={share}>
          <line class="grid" x1={LEFT} x2={x(1)} y1={y(share * most)} y2={y(share * most)} />
          <text class="tick" x={LEFT - 8} y={y(share * most) + 4} text-anchor="end">
            {tick(share * most)}
          </text>
        </g>
      ))}
      {children(x, y)}
    </svg>
  );
}

/** The next round number above. */
export function roundUp(value: number): number {
  const step = [5, 10, 20, 40, 80, 120, 240, 480].find((one) => one * 4 >= value) ?? value / 4;
  return step * 4;
}

export interface Series {
  name: string;
  tone: "teal" | "blue";
  values: (number | null)[];
}

/** Where the names of the lines stand: at the last value, none on another. The upper line comes first. */
export function apart(series: readonly Series[], least: number): Map<string, number> {
  const ends = new Map<string, number>();
  let below = -Infinity;
  for (const one of [...series].reverse()) {
    const last = one.values.filter((value) => value !== null).at(-1);
    if (last === undefined) continue;
    below = Math.max(last, below + least);
    ends.set(one.name, below);
  }
  return ends;
}

export function Lines({ label, names, series, target, targetName, tick }: { label: string; names: string[]; series: Series[]; target: number; targetName: string; tick: (n: number) => string }) {
  const most = roundUp(Math.max(target, ...series.flatMap((one) => one.values.map((value) => value ?? 0))) * 1.05);
  const at = (n: number): number => (names.length < 2 ? 0.5 : n / (names.length - 1));
  const ends = apart(series, (18 / (HEIGHT - TOP - BOTTOM)) * most);
  const right = 18 + LETTER * Math.max(...series.map((one) => one.name.length));
  return (
    <Frame label={label} most={most} tick={tick} right={right}>
      {(x, y) => (
        <>
          <line class="target" x1={LEFT} x2={x(1)} y1={y(target)} y2={y(target)} />
          <text class="target-name" x={LEFT + 4} y={y(target) - 6}>
            {targetName}
          </text>
          {names.map((name, n) => (
            <text key={name} class={n % 2 === 1 ? "tick tick-odd" : "tick"} x={x(at(n))} y={HEIGHT - 8} text-anchor="middle">
              {names.length > 9 && n % 2 === 1 ? "" : name}
            </text>
          ))}
          {series.map((one) => {
            const points = one.values.flatMap((value, n) => (value === null ? [] : [[x(at(n)), y(value)] as const]));
            const last = ends.get(one.name);
            return (
              <g key={one.name} class={`series series-${one.tone}`}>
                <polyline points={points.map((point) => point.join(",")).join(" ")} />
                {points.map(([px, py]) => (one.tone === "teal" ? <circle key={px} cx={px} cy={py} r="4" /> : <rect key={px} x={px - 3.5} y={py - 3.5} width="7" height="7" />))}
                {last !== undefined && (
                  <text x={x(1) + 10} y={y(last) + 4}>
                    {one.name}
                  </text>
                )}
              </g>
            );
          })}
        </>
      )}
    </Frame>
  );
}

export function Promised({ label, points, band, tick }: { label: string; points: { promised: number; came: number }[]; band: string; tick: (n: number) => string }) {
  return (
    <Frame label={label} most={1} tick={tick}>
      {(x, y) => (
        <>
          <polygon class="band" points={`${x(0)},${y(0)} ${x(0)},${y(0.05)} ${x(0.95)},${y(1)} ${x(1)},${y(1)} ${x(1)},${y(0.95)} ${x(0.05)},${y(0)}`} />
          <line class="exact" x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} />
          {[0.25, 0.5, 0.75, 1].map((share) => (
            <text key={share} class="tick" x={x(share)} y={HEIGHT - 8} text-anchor="middle">
              {tick(share)}
            </text>
          ))}
          <g class="series series-teal">
            <polyline points={points.map((one) => `${x(one.promised)},${y(one.came)}`).join(" ")} />
            {points.map((one) => (
              <circle key={one.promised} cx={x(one.promised)} cy={y(one.came)} r="4.5" />
            ))}
            <text x={x(1) + 10} y={y(0.9)}>
              {band}
            </text>
          </g>
        </>
      )}
    </Frame>
  );
}

export function Columns({ label, bars, tick, show }: { label: string; bars: { name: string; value: number | null }[]; tick: (n: number) => string; show: (n: number) => string }) {
  const most = Math.max(0.04, Math.ceil(Math.max(...bars.map((bar) => bar.value ?? 0)) * 25) / 25);
  const wide = 1 / Math.max(bars.length, 3);
  return (
    <Frame label={label} most={most} tick={tick} width={380} right={8}>
      {(x, y) =>
        bars.map((bar, n) => {
          const middle = x((n + 0.5) * wide);
          return (
            <g key={bar.name} class={n === bars.length - 1 ? "column column-now" : "column"}>
              {bar.value !== null && <rect x={middle - 18} width="36" y={y(bar.value)} height={Math.max(y(0) - y(bar.value), 1)} rx="4" />}
              <text class="figure" x={middle} y={y(bar.value ?? 0) - 6} text-anchor="middle">
                {bar.value === null ? "–" : show(bar.value)}
              </text>
              <text class="tick" x={middle} y={HEIGHT - 8} text-anchor="middle">
                {bar.name}
              </text>
            </g>
          );
        })
      }
    </Frame>
  );
}

/** A bar of one share, with the count and the share beside it in words. */
export function Bars({ rows }: { rows: { name: string; count: string; share: string; of: number }[] }) {
  return (
    <ul class="bars">
      {rows.map((row) => (
        <li key={row.name}>
          <span>{row.name}</span>
          <svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
            <rect class="bar-whole" width="100" height="10" />
            <rect class="bar-part" width={100 * row.of} height="10" />
          </svg>
          <strong>{row.count}</strong>
          <span>{row.share}</span>
        </li>
      ))}
    </ul>
  );
}
