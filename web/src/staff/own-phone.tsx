/** On which phone this provider is rung when a visit goes on by telephone. */
import { useEffect, useState } from "preact/hooks";
import { isolate } from "../lib/text";
import { faultsAt, TextField, type Fault } from "./fields";
import type { Session } from "./session";
import { words } from "./words";

interface Answer {
  phone: string;
  shown: string;
}

export function OwnPhone({ session }: { session: Session }) {
  const w = words.value.call;
  const [known, setKnown] = useState<Answer | null>(null);
  const [value, setValue] = useState("");
  const [faults, setFaults] = useState<Fault[]>([]);
  const [saved, setSaved] = useState(false);
  const take = (answer: Answer): void => {
    setKnown(answer);
    setValue(answer.phone);
  };
  useEffect(() => void session.api.get<Answer>("/v1/me/phone").then(take, () => setKnown(null)), []);
  const save = (): void => {
    setFaults([]);
    session.api.put<Answer>("/v1/me/phone", { phone: value }).then(
      (answer) => (take(answer), setSaved(true)),
      (error: unknown) => setFaults(faultsAt(error, "own-")),
    );
  };
  if (!known) return null; // without an answer the practice's phone rings, as before
  return (
    <>
      <TextField id="own-phone" label={w.ownPhone} hint={w.ownPhoneHint(isolate(known.shown))} faults={faults} value={value} onValue={(next) => (setValue(next), setSaved(false))} input={{ type: "tel", autocomplete: "tel" }} />
      <p>
        <button type="button" class="button" onClick={save}>
          {w.ownPhoneSave}
        </button>{" "}
        <span role="status">{saved ? w.ownPhoneSaved : ""}</span>
      </p>
    </>
  );
}
