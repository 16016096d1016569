/** Entry of /settings, for administrators. */
import { render } from "preact";
import { startClock } from "./clock";
import { InterpretersStore, type Interpreter } from "./interpreters-panel";
import type { Licensed } from "./licences-panel";
import { PhonesStore, type Phones } from "./phones-panel";
import { PlanStore, type Plans } from "./plan-store";
import { PricesStore, type Prices } from "./prices-panel";
import { explain, sessionOf, toSignIn } from "./session";
import { SettingsPage } from "./settings";
import { settingsWords } from "./settings-words";
import { Broken, Skeleton } from "./shell";
import type { VisitType } from "./types";
import { bootLocale } from "./words";

async function start(root: HTMLElement): Promise<void> {
  const session = await sessionOf(["admin"]);
  if (!session) return toSignIn("admin");
  const [types, plans, phones, { providers }, { interpreters }, prices] = await Promise.all([
    session.api.get<{ visit_types: VisitType[] }>("/v1/visit-types"),
    session.api.get<Plans>("/v1/practice/reminder-plan"),
    session.api.get<Phones>("/v1/practice/phones"),
    session.api.get<{ providers: Licensed[] }>("/v1/licences"),
    session.api.get<{ interpreters: Interpreter[] }>("/v1/interpreters"),
    session.api.get<Prices>("/v1/practice/message-prices"),
  ]);
  startClock();
  const plan = new PlanStore(session, types.visit_types, plans);
  const asked = new InterpretersStore(session, interpreters);
  const costs = new PricesStore(session, prices);
  render(<SettingsPage plan={plan} phones={new PhonesStore(session, phones)} licensed={providers} interpreters={asked} prices={costs} />, root);
}

bootLocale();
document.title = settingsWords.value.page;
const root = document.getElementById("app") as HTMLElement;
render(<Skeleton title={settingsWords.value.page} />, root);
start(root).catch((error: unknown) => {
  console.error(error);
  render(<Broken sentence={explain(error)} />, root);
});
