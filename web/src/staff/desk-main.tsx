/** Entry of /desk, for everybody of the staff. */
import { render } from "preact";
import { Live } from "../lib/live";
import type { BoardAnswer } from "./board-store";
import { startClock } from "./clock";
import { DeskPage } from "./desk";
import { DeskStore } from "./desk-store";
import { explain, sessionOf, toSignIn } from "./session";
import { Broken, Skeleton } from "./shell";
import { TaskList } from "./task-list";
import { bootLocale, deskWords } from "./words";

async function start(root: HTMLElement): Promise<void> {
  const session = await sessionOf(["scheduler", "admin", "provider"]);
  if (!session) return toSignIn("scheduler");
  const load = (): Promise<BoardAnswer> => session.api.get<BoardAnswer>("/v1/board");
  const live = new Live(session.api);
  const [board, tasks] = await Promise.all([load(), TaskList.load(session, live)]);
  const store = new DeskStore(session, live, tasks, board, load);
  startClock();
  live.start();
  render(<DeskPage store={store} />, root);
  addEventListener("pagehide", () => store.close());
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
}

bootLocale();
document.title = deskWords.value.title;
const root = document.getElementById("app") as HTMLElement;
render(<Skeleton title={deskWords.value.title} />, root);
start(root).catch((error: unknown) => {
  console.error(error);
  render(<Broken sentence={explain(error)} />, root);
});
