/**
 * A provider's notes on one visit: saved while they write, kept sealed on this computer until the server has them, and never
 * overwritten by another window.
 */
import { signal, type ReadonlySignal } from "@preact/signals";
import { Problem, type Api } from "../lib/api";

interface Note {
  version: number;
  text: string;
  saved_at: string | null;
}

/** Where what is not saved yet survives a crash: the device's sealed store. */
export interface Drafts {
  get(name: string): Promise<unknown>;
  put(name: string, value: unknown): Promise<void>;
  remove(name: string): Promise<void>;
}

/** `unsaved`: kept sealed on this computer. `unkept`: only in this page. */
export type NoteState = "loading" | "failed" | "saved" | "saving" | "unsaved" | "unkept";

const PAUSE_MS = 700;
const LONGEST_MS = 4_000;
const AGAIN_MS = 3_000;
/** So much a browser sends for a page that is gone (64 KiB, Fetch standard). */
const SMALL = 15_000;

/** Two texts that grew from one: nothing of either is lost. */
export function merge(base: string, theirs: string, mine: string): string {
  if (mine === theirs || mine === base) return theirs;
  if (theirs === base || mine.includes(theirs)) return mine;
  if (theirs.includes(mine)) return theirs;
  const grew = base !== "" && mine.startsWith(base);
  return `${theirs}\n\n${grew ? mine.slice(base.length).trimStart() : mine}`;
}

export class NoteStore {
  readonly #text = signal("");
  readonly #state = signal<NoteState>("loading");
  readonly #savedAt = signal<string | null>(null);
  readonly #merged = signal(false);
  readonly #path: string;
  readonly #name: string;
  /** What the server has, as far as we know. */
  #base = "";
  #version = 0;
  #since = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saving: Promise<void> | null = null;
  #drafts: Promise<void> = Promise.resolve();
  readonly #now = (): void => this.flush();
  readonly #hidden = (): void => {
    if (document.visibilityState === "hidden") this.flush();
  };

  constructor(
    readonly api: Pick<Api, "get" | "put">,
    visitId: string,
    readonly drafts: Promise<Drafts | null>,
  ) {
    this.#path = `/v1/visits/${visitId}/note`;
    this.#name = `note/${visitId}`;
    addEventListener("online", this.#now);
    addEventListener("pagehide", this.#now);
    document.addEventListener("visibilitychange", this.#hidden);
  }

  get text(): ReadonlySignal<string> {
    return this.#text;
  }

  get state(): ReadonlySignal<NoteState> {
    return this.#state;
  }

  get savedAt(): ReadonlySignal<string | null> {
    return this.#savedAt;
  }

  /** Another window has written too; both texts are in this one. */
  get merged(): ReadonlySignal<boolean> {
    return this.#merged;
  }

  /** What the server has, and what a crash left here. */
  async load(): Promise<void> {
    this.#state.value = "loading";
    try {
      this.#take(await this.api.get<Note>(this.#path));
      this.#text.value = this.#base;
      const draft = (await (await this.drafts)?.get(this.#name)) as { base: string; text: string } | null | undefined;
      if (draft) this.#text.value = merge(draft.base, this.#base, draft.text);
      this.#state.value = "saved";
      if (this.#text.peek() !== this.#base) void this.#save();
      else this.#forget();
    } catch (error) {
      if (!(error instanceof Problem)) console.error("notes:", error);
      this.#state.value = "failed";
    }
  }

  write(text: string): void {
    this.#text.value = text;
    this.#merged.value = false;
    this.#keep();
    const at = performance.now();
    if (this.#timer === undefined) this.#since = at;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#now, Math.min(PAUSE_MS, Math.max(0, this.#since + LONGEST_MS - at)));
  }

  /** Save now what is not saved yet. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#state.peek() !== "loading" && this.#state.peek() !== "failed") void this.#save();
  }

  close(): void {
    this.flush();
    removeEventListener("online", this.#now);
    removeEventListener("pagehide", this.#now);
    document.removeEventListener("visibilitychange", this.#hidden);
  }

  #save(): Promise<void> {
    return (this.#saving ??= this.#saves().finally(() => (this.#saving = null)));
  }

  /** One at a time, until the server has what stands here. */
  async #saves(): Promise<void> {
    while (this.#text.peek() !== this.#base) {
      const text = this.#text.peek();
      this.#state.value = "saving";
      try {
        // It outlives the page: what is on its way when the window closes arrives.
        this.#take(await this.api.put<Note>(this.#path, { version: this.#version, text }, { keepalive: text.length < SMALL }));
      } catch (error) {
        if (error instanceof Problem && error.slug === "stale-version") await this.#join();
        else return this.#later(error);
      }
    }
    this.#state.value = "saved";
    this.#forget();
  }

  async #join(): Promise<void> {
    const base = this.#base;
    this.#take(await this.api.get<Note>(this.#path));
    const both = merge(base, this.#base, this.#text.peek());
    this.#merged.value = both !== this.#base && both !== this.#text.peek();
    this.#text.value = both;
  }

  async #later(error: unknown): Promise<void> {
    if (!(error instanceof Problem)) console.error("notes:", error);
    this.#state.value = (await this.drafts) ? "unsaved" : "unkept";
    this.#timer ??= setTimeout(this.#now, AGAIN_MS);
  }

  #take(note: Note): void {
    [this.#base, this.#version, this.#savedAt.value] = [note.text, note.version, note.saved_at];
  }

  #keep(): void {
    const draft = { base: this.#base, text: this.#text.peek() };
    this.#draft((store) => store.put(this.#name, draft));
  }

  #forget(): void {
    this.#draft((store) => store.remove(this.#name));
  }

  /** In the order in which they were wished. */
  #draft(act: (store: Drafts) => Promise<void>): void {
    this.#drafts = this.#drafts
      .then(async () => {
        const store = await this.drafts;
        if (store) await act(store);
      })
      .catch((error: unknown) => console.error("notes:", error));
  }
}
