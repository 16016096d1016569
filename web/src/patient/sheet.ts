/** Which question stands over the waiting page. */
import { signal } from "@preact/signals";

export type Sheet = "worse" | "elsewhere" | "cant" | "check";
export const open = signal<Sheet | null>(null);
