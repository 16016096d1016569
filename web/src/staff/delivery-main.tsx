/** Entry of /delivery, for everybody of the staff. */
import { render } from "preact";
import { startClock } from "./clock";
import { DeliveryPage } from "./delivery";
import { DeliveryStore } from "./delivery-store";
import { deliveryWords } from "./delivery-words";
import { explain, sessionOf, toSignIn } from "./session";
import { Broken, Skeleton } from "./shell";
import { bootLocale } from "./words";

async function start(root: HTMLElement): Promise<void> {
  const session = await sessionOf(["admin", "scheduler", "provider"]);
  if (!session) return toSignIn("scheduler");
  const store = new DeliveryStore(session);
  await store.load();
  startClock();
  render(<DeliveryPage store={store} />, root);
  store.watch();
}

bootLocale();
document.title = deliveryWords.value.page;
const root = document.getElementById("app") as HTMLElement;
render(<Skeleton title={deliveryWords.value.page} />, root);
start(root).catch((error: unknown) => {
  console.error(error);
  render(<Broken sentence={explain(error)} />, root);
});
