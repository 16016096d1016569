import { signal } from "@preact/signals";
import { useStore } from "./context";
import { ready, useMore } from "./more-words";
import { open } from "./sheet";

/** "Dr Lim runs about 20 minutes late": said at once, with what one may do about it. */

/** Who chose to wait is not asked again about the same word; a word said anew in the same second has other minutes. */
const settled = signal("");

export function Late() {
  const store = useStore();
  const { say, count } = useMore();
  const { late, entry, stage } = store.view.value;
  if (!late || !ready.value || stage === "called") return null;
  const word = `${late.at} ${late.minutes}`;
  const inLine = stage === "waiting" || stage === "away";
  const ask = (wish: "rebook" | "phone"): void => void store.act("/v1/my/cannot-wait", { wish });
  const pill = (title: string, onPress: () => void) => (
    <button type="button" class="pill" disabled={store.busy.value} onClick={onPress}>
      {title}
    </button>
  );
  return (
    <section class="notice behind" aria-label={count("late", late.minutes)}>
      <p role="status">
        <strong>{count("late", late.minutes)}</strong> {say(late.wish ? (late.wish === "phone" ? "left_phone" : "left_rebook") : "late_sorry")}
      </p>
      {!late.wish && settled.value !== word && (
        <div class="pills">
          {pill(say("late_wait"), () => (settled.value = word))}
          {inLine && !entry?.elsewhere && pill(say("elsewhere"), () => (open.value = "elsewhere"))}
          {pill(say("rebook"), () => ask("rebook"))}
          {pill(say("ring_me"), () => ask("phone"))}
          {pill(say("late_write"), () => (store.messages.value = true))}
        </div>
      )}
    </section>
  );
}
