/** Which key does what; any letter can be given to another key, or all switched off (WCAG 2.1.4). */
import { useEffect, useState } from "preact/hooks";
import { Dialog } from "./dialog";
import { DEFAULT_KEYS, remap, type KeyMap, type LetterAct } from "./keymap";
import { lineWords, words } from "./words";

interface Props {
  letters: boolean;
  onLetters: (on: boolean) => void;
  keys: KeyMap;
  onKeys: (keys: KeyMap) => void;
  onClose: () => void;
}

type Line = { act: LetterAct; what: string } | { fixed: string[]; what: string };

export function HelpDialog({ letters, onLetters, keys, onKeys, onClose }: Props) {
  const w = words.value.help;
  const more = lineWords.value.keys;
  const [asking, setAsking] = useState<LetterAct | null>(null);
  useEffect(() => {
    if (!asking) return undefined;
    const take = (event: KeyboardEvent): void => {
      if (event.key === "Shift") return;
      event.preventDefault();
      event.stopPropagation();
      // Enter, Tab and Escape are nobody's new key: they leave all as it was.
      onKeys(remap(keys, asking, event.key));
      setAsking(null);
    };
    document.addEventListener("keydown", take, { capture: true });
    return () => document.removeEventListener("keydown", take, { capture: true });
  }, [asking, keys]);
  const list = { keys, asking, onAsk: setAsking };
  return (
    <Dialog title={w.title} onClose={() => (asking ? setAsking(null) : onClose())}>
      <label class="check">
        <input type="checkbox" checked={letters} onChange={(event) => onLetters(event.currentTarget.checked)} />
        <span>
          <strong>{w.letters}</strong>
          <span class="hint">{w.lettersHint}</span>
        </span>
      </label>
      <p class="hint">{more.remapHint}</p>
      <div class="help-grid">
        <Keys
          {...list}
          title={w.boardKeys}
          lines={[
            { act: "next", what: w.next },
            { fixed: ["Enter"], what: w.admit },
            { act: "message", what: w.message },
            { act: "late", what: more.late },
            { act: "transfer", what: more.transfer },
            { act: "urgency", what: more.urgency },
            { act: "interpreter", what: more.interpreter },
            { act: "guest", what: more.guest },
            { act: "phone", what: more.phone },
            { act: "group", what: more.group },
            { act: "undo", what: more.undo },
            { fixed: ["↓", "↑"], what: w.row },
            { fixed: ["Esc"], what: w.close },
            { fixed: ["?"], what: w.help },
          ]}
        />
        <Keys
          {...list}
          title={w.callKeys}
          lines={[
            { fixed: [w.space], what: w.mute },
            { act: "camera", what: w.camera },
            { act: "screen", what: more.screen },
            { act: "hold", what: more.hold },
            { act: "note", what: more.note },
            { act: "message", what: w.message },
            { act: "late", what: more.late },
            { act: "transfer", what: more.transfer },
            { act: "interpreter", what: more.interpreter },
            { act: "guest", what: more.guest },
            { act: "phone", what: more.phone },
            { act: "seen", what: more.seen },
            { act: "group", what: more.group },
            { act: "emergency", what: more.emergency },
            { act: "end", what: w.end },
          ]}
        />
      </div>
      <p class="dialog-actions">
        <button type="button" class="button" onClick={onClose}>
          {words.value.common.close} <kbd aria-hidden="true">Esc</kbd>
        </button>
        <button type="button" class="button" onClick={() => onKeys(DEFAULT_KEYS)}>
          {more.usual}
        </button>
      </p>
    </Dialog>
  );
}

interface KeysProps {
  title: string;
  lines: Line[];
  keys: KeyMap;
  asking: LetterAct | null;
  onAsk: (act: LetterAct) => void;
}

function Keys({ title, lines, keys, asking, onAsk }: KeysProps) {
  const more = lineWords.value.keys;
  return (
    <section>
      <h3>{title}</h3>
      <dl class="keys">
        {lines.map((line) => (
          <div key={line.what}>
            <dt>
              {"fixed" in line ? (
                line.fixed.map((key) => <kbd key={key}>{key}</kbd>)
              ) : (
                <button type="button" class="key-button" aria-label={more.change(line.what, keys[line.act].toUpperCase())} onClick={() => onAsk(line.act)}>
                  <kbd>{asking === line.act ? "…" : keys[line.act].toUpperCase()}</kbd>
                </button>
              )}
            </dt>
            <dd>
              {line.what}
              {"act" in line && asking === line.act && (
                <span class="hint" role="status">
                  {" "}
                  {more.press}
                </span>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
