/** Entry of /board. */
import { render } from "preact";
import { Live } from "../lib/live";
import { BoardPage } from "./board";
import { BoardStore, type BoardAnswer } from "./board-store";
import { startClock } from "./clock";
import { explain, sessionOf, toSignIn } from "./session";
import { Broken, Skeleton } from "./shell";
import { TaskList } from "./task-list";
import type { Pool } from "./types";
import { bootLocale, words } from "./words";

async function start(root: HTMLElement): Promise<void> {
  const session = await sessionOf(["provider"]);
  if (!session) return toSignIn("provider");
  const load = (): Promise<BoardAnswer> => session.api.get<BoardAnswer>("/v1/board");
  const live = new Live(session.api);
  const [board, tasks, { pools }] = await Promise.all([load(), TaskList.load(session, live), session.api.get<{ pools: Pool[] }>("/v1/pools")]);
  const store = new BoardStore(session, live, tasks, board, load);
  store.pools.value = pools;
  startClock();
  live.start();
  render(<BoardPage store={store} />, root);
  // The tracks and the seat go with the page; the visit itself stays as it is and waits for the reload.
  addEventListener("pagehide", () => store.close());
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
}

bootLocale();
document.title = words.value.board.title;
const root = document.getElementById("app") as HTMLElement;
render(<Skeleton title={words.value.board.title} />, root);
start(root).catch((error: unknown) => {
  console.error(error);
  render(<Broken sentence={explain(error)} />, root);
});
