/** Dragging a visit over the calendar with a mouse or a pen; a finger scrolls. Pointer Events level 3. */
import type { Slotted } from "./types";

/** Below this many pixels it was a click. */
const SLOP = 6;

export interface Over {
  column: number;
  minute: number;
}

export interface Dragging {
  row: Slotted;
  /** Where it would land; null over nothing. */
  over: Over | null;
}

interface Options {
  /** The columns' elements, in order. */
  columns: () => HTMLElement[];
  /** Pixels of one minute, the minute at the columns' upper edge, and the grid in minutes. */
  scale: () => { pixels: number; from: number; step: number };
  onMove: (dragging: Dragging | null) => void;
  onDrop: (row: Slotted, over: Over) => void;
}

export function overAt(x: number, y: number, grip: number, options: Pick<Options, "columns" | "scale">): Over | null {
  const boxes = options.columns().map((column) => column.getBoundingClientRect());
  const column = boxes.findIndex((box) => x >= box.left && x < box.right);
  const box = boxes[column];
  if (!box || y < box.top || y > box.bottom) return null;
  const { pixels, from, step } = options.scale();
  const minute = from + Math.round((y - grip - box.top) / pixels / step) * step;
  return { column, minute: Math.max(from, minute) };
}

/** To be called on pointerdown of a visit. The click that ends a drag does nothing else. */
export function startDrag(event: PointerEvent, row: Slotted, options: Options): void {
  if (event.button !== 0 || event.pointerType === "touch" || row.status !== "booked") return;
  const target = event.currentTarget as HTMLElement;
  const grip = event.clientY - target.getBoundingClientRect().top;
  let last: Over | null = null;
  let moving = false;
  const stop = new AbortController();
  const { signal } = stop;
  const end = (): void => {
    stop.abort();
    options.onMove(null);
  };
  const move = (at: PointerEvent): void => {
    if (!moving && Math.hypot(at.clientX - event.clientX, at.clientY - event.clientY) < SLOP) return;
    moving = true;
    last = overAt(at.clientX, at.clientY, grip, options);
    options.onMove({ row, over: last });
  };
  const drop = (): void => {
    end();
    if (!moving) return;
    const swallow = (click: Event): void => click.stopPropagation();
    addEventListener("click", swallow, { capture: true });
    // The click of this drag follows in the same task, if at all: the next real one must not be swallowed.
    setTimeout(() => removeEventListener("click", swallow, { capture: true }));
    if (last) options.onDrop(row, last);
  };
  addEventListener("pointermove", move, { signal });
  addEventListener("pointerup", drop, { signal });
  addEventListener("pointercancel", end, { signal });
  addEventListener("keydown", (key) => key.key === "Escape" && end(), { signal });
}
