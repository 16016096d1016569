import { render } from "preact";
import "../styles/room.css";
import { Closed, Ended, Fenced, Left, Refused } from "./after";
import { StoreProvider, useStore } from "./context";
import type { Handoff } from "./handoff";
import { speak } from "./language";
import { Messages } from "./messages";
import { RoomStore } from "./store";
import { Called, Count, Early, Open, Ringing, Touch, Waiting } from "./waiting";

/** The room, drawn into the page that page zero opened. Resolves when it can be seen. */
export async function mountRoom(handoff: Handoff): Promise<void> {
  await speak(handoff.locale);
  handoff.onLocale((locale) => void speak(locale));
  const store = new RoomStore(handoff);
  render(
    <StoreProvider value={store}>
      <Room />
    </StoreProvider>,
    handoff.root,
  );
  // The clinic's questions come when the screen stands, and nothing of the visit waits for them.
  import("./prepare").then((part) => part.default(store), () => 0);
}

function Room() {
  const store = useStore();
  const screen = store.screen.value;
  const calling = screen === "count" || screen === "touch" || screen === "called" || screen === "call";
  if (store.messages.value && !calling) return <Messages />;
  switch (screen) {
    case "early":
      return <Early key={screen} />;
    case "open":
    case "left-line":
      return <Open key={screen} left={screen === "left-line"} />;
    case "waiting":
    case "away":
      return <Waiting key={screen} away={screen === "away"} />;
    case "called":
      return <Called />;
    case "phone":
      return <Ringing />;
    case "touch":
    case "hold":
      return <Touch key={screen} hold={screen === "hold"} />;
    case "count":
      return <Count />;
    case "call": {
      const Visit = store.admission.visit.value?.Visit;
      return Visit ? <Visit /> : null;
    }
    case "left":
      return <Left />;
    case "ended":
      return <Ended />;
    case "closed":
      return <Closed />;
    case "fenced":
      return <Fenced />;
    case "refused":
      return <Refused />;
  }
}
