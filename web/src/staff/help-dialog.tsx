/** Which key does what, and the switch that turns single letters off (WCAG 2.1.4). */
import { Dialog } from "./dialog";
import { words } from "./words";

interface Props {
  letters: boolean;
  onLetters: (on: boolean) => void;
  onClose: () => void;
}

function Keys({ title, rows }: { title: string; rows: [string[], string][] }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl class="keys">
        {rows.map(([keys, what]) => (
          <div key={what}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

export function HelpDialog({ letters, onLetters, onClose }: Props) {
  const w = words.value.help;
  return (
    <Dialog title={w.title} onClose={onClose}>
      <label class="check">
        <input type="checkbox" checked={letters} onChange={(event) => onLetters(event.currentTarget.checked)} />
        <span>
          <strong>{w.letters}</strong>
          <span class="hint">{w.lettersHint}</span>
        </span>
      </label>
      <div class="help-grid">
        <Keys
          title={w.boardKeys}
          rows={[
            [["N"], w.next],
            [["Enter"], w.admit],
            [["M"], w.message],
            [["↓", "↑"], w.row],
            [["Esc"], w.close],
            [["?"], w.help],
          ]}
        />
        <Keys
          title={w.callKeys}
          rows={[
            [[w.space], w.mute],
            [["V"], w.camera],
            [["M"], w.message],
            [["E"], w.end],
          ]}
        />
      </div>
      <p class="dialog-actions">
        <button type="button" class="button" onClick={onClose}>
          {words.value.common.close} <kbd aria-hidden="true">Esc</kbd>
        </button>
      </p>
    </Dialog>
  );
}
