/** Entry of /enter#<role>.<token>: the demo's printed staff links. The fragment is dropped before anything else happens. */
import { render } from "preact";
import { Api } from "../lib/api";
import { Mark } from "./icons";
import { HOME } from "./session";
import type { Me, StaffRole } from "./types";
import { bootLocale, words } from "./words";

function Entering({ failed }: { failed: boolean }) {
  const w = words.value.signIn;
  return (
    <main class="plain" id="main">
      <Mark />
      <h1>{w.title}</h1>
      {failed ? (
        <>
          <p role="alert">{w.enterFailed}</p>
          <p>
            <a class="button button-main" href="/sign-in">
              {w.submit}
            </a>
          </p>
        </>
      ) : (
        <p role="status">{w.entering}</p>
      )}
    </main>
  );
}

async function enter(fragment: string): Promise<void> {
  const dot = fragment.indexOf(".");
  const role = fragment.slice(0, dot) as StaffRole;
  const token = fragment.slice(dot + 1);
  if (!(role in HOME) || !token) throw new Error("the link names no role and token");
  await new Api(role).post<Me>("/v1/sessions/enter", { role, token });
  location.replace(HOME[role]);
}

const fragment = decodeURIComponent(location.hash.slice(1));
history.replaceState(null, "", location.pathname);
bootLocale();
document.title = words.value.signIn.title;
const root = document.getElementById("app") as HTMLElement;
render(<Entering failed={false} />, root);
enter(fragment).catch((error: unknown) => {
  console.error(error);
  render(<Entering failed />, root);
});
