/** Entry of /sign-in: e-mail, password, the role to work as. */
import { render } from "preact";
import { useState } from "preact/hooks";
import { Api, Problem } from "../lib/api";
import { ErrorSummary, TextField, type Fault } from "./fields";
import { Mark } from "./icons";
import { LanguageMenu } from "./language-menu";
import { explain, HOME } from "./session";
import type { Me, StaffRole } from "./types";
import { bootLocale, words } from "./words";

const ROLES: StaffRole[] = ["provider", "scheduler", "admin"];

/** The role a page sent us here for stands in the fragment. */
function wantedRole(): StaffRole {
  const asked = location.hash.slice(1);
  return ROLES.find((role) => role === asked) ?? "provider";
}

function SignIn() {
  const w = words.value.signIn;
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState<StaffRole>(wantedRole);
  const [faults, setFaults] = useState<Fault[]>([]);
  const [busy, setBusy] = useState(false);
  document.title = w.title;

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const missing: Fault[] = [];
    if (!email.includes("@")) missing.push({ field: "email", text: w.emailMissing });
    if (!password) missing.push({ field: "password", text: w.passwordMissing });
    setFaults(missing);
    if (missing.length > 0) return;
    setBusy(true);
    try {
      await new Api(role).post<Me>("/v1/sessions", { email: email.trim(), password, role });
      location.assign(HOME[role]);
    } catch (error) {
      const refused = error instanceof Problem && (error.status === 401 || error.status === 403);
      setFaults([{ field: refused ? "email" : "", text: refused ? w.refused : explain(error) }]);
      setBusy(false);
    }
  };

  return (
    <main class="plain" id="main">
      <Mark />
      <h1>{w.title}</h1>
      <p class="lead">{w.lead}</p>
      <form onSubmit={(event) => void submit(event)} noValidate>
        <ErrorSummary faults={faults} />
        <TextField
          id="email"
          label={w.email}
          type="email"
          value={email}
          onValue={setEmail}
          faults={faults}
          input={{ autocomplete: "username", autocapitalize: "none", spellcheck: false, inputMode: "email" }}
        />
        <TextField
          id="password"
          label={w.password}
          type="password"
          value={password}
          onValue={setPassword}
          faults={faults}
          input={{ autocomplete: "current-password" }}
        />
        <fieldset class="choices">
          <legend>{w.role}</legend>
          {ROLES.map((one) => (
            <label key={one} class="choice">
              <input type="radio" name="role" value={one} checked={role === one} onChange={() => setRole(one)} />
              <span>
                <strong>{w[one]}</strong>
                <span class="hint">{w[`${one}Hint`]}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <button type="submit" class="button button-main button-big" disabled={busy}>
          {busy ? w.busy : w.submit}
        </button>
      </form>
      <p class="quiet">{w.forgotten}</p>
      <LanguageMenu />
    </main>
  );
}

bootLocale();
render(<SignIn />, document.getElementById("app") as HTMLElement);
