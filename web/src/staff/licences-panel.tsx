/** Where each provider may practise: a booking or an arrival from elsewhere is then warned of. */
import { useState } from "preact/hooks";
import { Problem } from "../lib/api";
import { TextField, type Fault } from "./fields";
import { Tick } from "./icons";
import { Panel } from "./panel";
import { explain, type Session } from "./session";
import { settingsWords } from "./settings-words";

export interface Licensed {
  id: string;
  name: string;
  regions: string[];
}

/** What was typed as the server wants it: codes parted by commas or spaces. */
export function regionsIn(typed: string): string[] {
  return typed.split(/[\s,;]+/).filter(Boolean).map((one) => one.toUpperCase());
}

export function LicencesPanel({ session, providers }: { session: Session; providers: Licensed[] }) {
  const w = settingsWords.value.licences;
  return (
    <Panel id="licences-title" title={w.title}>
      <p class="hint">{w.hint}</p>
      {providers.map((one) => (
        <Licence key={one.id} session={session} provider={one} />
      ))}
    </Panel>
  );
}

function Licence({ session, provider }: { session: Session; provider: Licensed }) {
  const w = settingsWords.value;
  const [saved, setSaved] = useState(provider.regions);
  const [typed, setTyped] = useState(provider.regions.join(", "));
  const [faults, setFaults] = useState<Fault[]>([]);
  const [said, setSaid] = useState("");
  const id = `licence-${provider.id}`;
  const changed = regionsIn(typed).join() !== saved.join();
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    setFaults([]);
    setSaid("");
    try {
      const { regions } = await session.api.put<{ regions: string[] }>(`/v1/accounts/${provider.id}/licences`, { regions: regionsIn(typed) });
      setSaved(regions);
      setTyped(regions.join(", "));
      setSaid(w.saved);
    } catch (error) {
      setFaults([{ field: id, text: error instanceof Problem && error.errors.length > 0 ? w.licences.bad : explain(error) }]);
    }
  };
  return (
    <form class="stretch" noValidate onSubmit={(event) => void save(event)}>
      <TextField
        id={id}
        label={provider.name}
        value={typed}
        onValue={(next) => {
          setTyped(next);
          setSaid("");
        }}
        faults={faults}
        input={{ autocomplete: "off", spellcheck: false, placeholder: "GB, US-CA" }}
      />
      <button type="submit" class="button" disabled={!changed} aria-label={w.licences.saveNamed(provider.name)}>
        {w.licences.save}
      </button>
      <p role="status" class="word-good">
        {said && <Tick />} {said}
      </p>
    </form>
  );
}
