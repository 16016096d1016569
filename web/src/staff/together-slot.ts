/** Several people in one call, or a second clinician: the part of the page for them, fetched when there are such people. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Row } from "./types";

type Part = typeof import("./together");

const part = signal<Part | null>(null);

export function loaded(): Part | null {
  return part.peek();
}

export function isTogether(row: Row | null): boolean {
  return row !== null && (Boolean(row.group) || row.co_providers.length > 0);
}

export function useTogether(wanted: boolean): Part | null {
  useEffect(() => void (wanted && import("./together").then((module) => (part.value = module))), [wanted]);
  return wanted ? part.value : null;
}
