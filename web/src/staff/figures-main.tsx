/** Entry of /figures, for administrators. */
import { render } from "preact";
import { FiguresPage } from "./figures";
import { figuresWords, type Figures } from "./figures-words";
import { explain, sessionOf, toSignIn } from "./session";
import { Broken, Skeleton } from "./shell";
import { bootLocale } from "./words";

async function start(root: HTMLElement): Promise<void> {
  const session = await sessionOf(["admin"]);
  if (!session) return toSignIn("admin");
  render(<FiguresPage session={session} first={await session.api.get<Figures>("/v1/figures?days=30")} />, root);
}

bootLocale();
document.title = figuresWords.value.page;
const root = document.getElementById("app") as HTMLElement;
render(<Skeleton title={figuresWords.value.page} />, root);
start(root).catch((error: unknown) => {
  console.error(error);
  render(<Broken sentence={explain(error)} />, root);
});
