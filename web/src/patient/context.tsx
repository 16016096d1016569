import { createContext } from "preact";
import { useContext, useEffect, useRef } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { tag } from "../lib/i18n";
import type { Forms } from "../lib/locale";
import { ordinal, plural } from "../lib/locale";
import { fill, isolate } from "../lib/text";
import { viewerZone, visitTime, type VisitTime } from "../lib/time";
import type { RoomMessages } from "../messages/room.en";
import { messages } from "./language";
import type { RoomStore } from "./store";

/** What every component of the room needs: the store, and words in the reader's language. */
const Store = createContext<RoomStore | null>(null);

export const StoreProvider = Store.Provider;

export function useStore(): RoomStore {
  const store = useContext(Store);
  if (!store) throw new Error("the room's components live inside StoreProvider");
  return store;
}

type Plain = { [K in keyof RoomMessages]: RoomMessages[K] extends string ? K : never }[keyof RoomMessages];
type Counted = Exclude<keyof RoomMessages, Plain>;

export interface Words {
  say(key: Plain, values?: Record<string, string>): string;
  /** Cardinal plural. */
  count(key: Counted, n: number): string;
  /** Ordinal: 1st, 2nd. */
  nth(key: Counted, n: number): string;
  when(instant: string): VisitTime;
}

/** Reading the signal here makes the calling component draw again when the language changes. */
export function useWords(): Words {
  const store = useStore();
  const all = messages.value;
  const language = tag.value;
  const { with: name, zone } = store.view.value.appointment;
  return {
    say: (key, values = {}) => fill(all[key] as string, { name: isolate(name), ...values }),
    count: (key, n) => plural(language, n, all[key] as Forms),
    nth: (key, n) => ordinal(language, n, all[key] as Forms),
    when: (instant) => visitTime(language, instant, viewerZone(), zone),
  };
}

/** A screen's heading takes the focus when the screen appears, so that nobody has to search for what changed. */
export function Heading({ children }: { children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}

/** A command's button: says when it is at work, cannot be pressed twice, keeps its place in the tab order. */
export function Action(props: { onPress: () => void; kind?: "second" | "plain" | undefined; busy?: boolean; children: ComponentChildren }) {
  const { say } = useWords();
  const press = (): void => {
    if (!props.busy) props.onPress();
  };
  return (
    <button type="button" class={`button ${props.kind ?? ""}`} aria-disabled={props.busy ? "true" : undefined} onClick={press}>
      {props.busy ? say("one_moment") : props.children}
    </button>
  );
}

/** What went wrong with the last command, in a sentence. */
export function Trouble() {
  const { problem } = useStore();
  const { say } = useWords();
  const failed = problem.value;
  return (
    <div role="alert">
      {failed && <p class="notice warn">{failed.offline ? say("offline_action") : failed.detail || say("failed")}</p>}
    </div>
  );
}

/** The clinic's telephone, from the page's own footer: the server wrote it there. */
export function phoneHref(): string {
  return document.querySelector<HTMLAnchorElement>("#bottom a")?.href ?? "";
}
