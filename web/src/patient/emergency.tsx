import { isolate } from "../lib/text";
import { useStore, useWords } from "./context";

/** One quiet line, always there: this page is not for emergencies, and the number for them is one tap away. */
export function Emergency() {
  const number = useStore().view.value.practice.emergency_number;
  const { say } = useWords();
  if (!number) return null;
  return (
    <p class="emergency">
      <a href={`tel:${number}`}>{say("emergency", { number: isolate(number) })}</a>
    </p>
  );
}
