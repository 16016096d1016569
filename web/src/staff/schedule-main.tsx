/** Entry of /schedule, for schedulers and administrators. */
import { render } from "preact";
import { Live } from "../lib/live";
import { dayKey } from "../lib/time";
import type { BoardAnswer } from "./board-store";
import type { Openings } from "./calendar-paper";
import { now, setServerTime, startClock } from "./clock";
import { SchedulePage } from "./schedule";
import { daysOf, loadDays, ScheduleStore, type View } from "./schedule-store";
import { explain, sessionOf, toSignIn } from "./session";
import { Broken, Skeleton } from "./shell";
import { TaskList } from "./task-list";
import type { Provider, VisitType } from "./types";
import { bootLocale, words } from "./words";

/** A week needs a wide screen; on a phone the day comes first. */
const WIDE = "(min-width: 861px)";

async function start(root: HTMLElement): Promise<void> {
  const session = await sessionOf(["scheduler", "admin"]);
  if (!session) return toSignIn("scheduler");
  const view: View = matchMedia(WIDE).matches ? "week" : "day";
  const [board, { providers }, types] = await Promise.all([
    session.api.get<BoardAnswer>("/v1/board"),
    session.api.get<{ providers: Provider[] }>("/v1/providers"),
    session.api.get<{ visit_types: VisitType[] }>("/v1/visit-types"),
  ]);
  if (board.now) setServerTime(board.now);
  const { first, days } = daysOf(view, dayKey(new Date(now.peek()), session.me.practice.zone));
  const live = new Live(session.api);
  const [schedule, { openings }, tasks] = await Promise.all([
    loadDays(session, first, days),
    session.api.get<{ openings: Openings }>(`/v1/openings?from=${first}&days=${days}`),
    TaskList.load(session, live),
  ]);
  const store = new ScheduleStore(session, live, { providers, types: types.visit_types }, tasks, board, schedule, openings);
  store.view.value = view;
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
