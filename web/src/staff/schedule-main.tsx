/** Entry of /schedule, for schedulers and administrators. */
import { render } from "preact";
import { Live } from "../lib/live";
import type { BoardAnswer } from "./board-store";
import { startClock } from "./clock";
import { SchedulePage } from "./schedule";
import { ScheduleStore } from "./schedule-store";
import { explain, sessionOf, toSignIn } from "./session";
import { Broken, Skeleton } from "./shell";
import type { Provider, VisitType } from "./types";
import { bootLocale, words } from "./words";

async function start(root: HTMLElement): Promise<void> {
  const session = await sessionOf(["scheduler", "admin"]);
  if (!session) return toSignIn("scheduler");
  const load = (): Promise<BoardAnswer> => session.api.get<BoardAnswer>("/v1/board");
  const [board, { providers }, types] = await Promise.all([
    load(),
    session.api.get<{ providers: Provider[] }>("/v1/providers"),
    session.api.get<{ visit_types: VisitType[] }>("/v1/visit-types"),
  ]);
  const live = new Live(session.api);
  const store = new ScheduleStore(session, live, { providers, types: types.visit_types }, board, load);
  startClock();
  live.start();
  render(<SchedulePage store={store} />, root);
  addEventListener("pagehide", () => store.close());
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
}

bootLocale();
document.title = words.value.common.schedule;
const root = document.getElementById("app") as HTMLElement;
render(<Skeleton title={words.value.common.schedule} />, root);
start(root).catch((error: unknown) => {
  console.error(error);
  render(<Broken sentence={explain(error)} />, root);
});
