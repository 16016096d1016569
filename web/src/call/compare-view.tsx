/** Four pictures with their words, and two answers. Fetched only when somebody wants to compare. */
import { useEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import type { Locale } from "../lib/locale";
import type { CompareMessages } from "../messages/compare.en";
import type { Call } from "./call";
import "./compare.css";
import { pictureAt } from "./pictures";

const WORDS: Record<Locale, () => Promise<{ default: CompareMessages }>> = {
  en: () => import("../messages/compare.en"),
  es: () => import("../messages/compare.es"),
  ar: () => import("../messages/compare.ar"),
};

interface Props {
  call: Call;
  locale: Locale;
  onClose: () => void;
  /** Staff: the device of this hello is then known to be the patient's. */
  onAgreed?: ((theirs: unknown) => void) | undefined;
}

export function CompareView({ call, locale, onClose, onAgreed }: Props) {
  const words = useSignal<CompareMessages | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    void WORDS[locale]().then((module) => (words.value = module.default));
  }, [locale]);
  useEffect(() => heading.current?.focus(), [words.value]);
  const w = words.value;
  const state = call.comparison.state.value;
  if (!w) return null;
  const agree = (): void => {
    if (state.is !== "shown") return;
    call.comparison.agree();
    onAgreed?.(state.theirs);
  };
  return (
    <section class="compare" aria-labelledby="compare-title">
      <h2 id="compare-title" ref={heading} tabIndex={-1}>
        {w.title}
      </h2>
      <div role="status">
        {state.is === "asked" && <p>{w.asked}</p>}
        {state.is === "shown" && <p>{w.why}</p>}
        {(state.is === "agreed" || state.is === "unproven" || state.is === "broken") && <p>{w[state.is]}</p>}
      </div>
      {state.is === "shown" && (
        <>
          <ol class="compare-pictures">
            {state.pictures.map((index, place) => (
              <li key={place}>
                <span aria-hidden="true">{pictureAt(index)}</span>
                {w.pictures[index]}
              </li>
            ))}
          </ol>
          <div class="compare-answers">
            <button type="button" class="compare-button compare-main" onClick={agree}>
              {w.same}
            </button>
            <button type="button" class="compare-button" onClick={() => call.differ()}>
              {w.different}
            </button>
          </div>
        </>
      )}
      {state.is !== "shown" && (
        <div class="compare-answers">
          {state.is === "broken" && (
            <button type="button" class="compare-button compare-main" onClick={() => void call.comparison.start()}>
              {w.again}
            </button>
          )}
          <button type="button" class="compare-button" onClick={onClose}>
            {w.close}
          </button>
        </div>
      )}
    </section>
  );
}
