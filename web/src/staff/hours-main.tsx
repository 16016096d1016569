/** Entry of /hours, for schedulers and administrators. */
import { render } from "preact";
import { startClock } from "./clock";
import { HoursPage } from "./hours";
import { HoursStore, type Hours } from "./hours-store";
import { scheduleWords } from "./schedule-words";
import { explain, sessionOf, toSignIn } from "./session";
import { Broken, Skeleton } from "./shell";
import type { Provider, VisitType } from "./types";
import { bootLocale } from "./words";

async function start(root: HTMLElement): Promise<void> {
  const session = await sessionOf(["admin", "scheduler"]);
  if (!session) return toSignIn("scheduler");
  const [{ providers }, types, practice] = await Promise.all([
    session.api.get<{ providers: Provider[] }>("/v1/providers"),
    session.api.get<{ visit_types: VisitType[] }>("/v1/visit-types"),
    session.api.get<Hours>("/v1/practice/hours"),
  ]);
  startClock();
  render(<HoursPage store={new HoursStore(session, providers, types.visit_types, practice)} />, root);
}

bootLocale();
document.title = scheduleWords.value.hours.page;
const root = document.getElementById("app") as HTMLElement;
render(<Skeleton title={scheduleWords.value.hours.page} />, root);
start(root).catch((error: unknown) => {
  console.error(error);
  render(<Broken sentence={explain(error)} />, root);
});
