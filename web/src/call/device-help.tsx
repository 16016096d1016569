/**
 * What stands in the way of a device: its name, a picture of where to press in this browser, the steps, and every way past it.
 * For the patient before and in the call, and for staff. Fetched when something failed.
 */
import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Device } from "../lib/types";
import type { Locale } from "../lib/locale";
import { helpFor, systemBrowser, who } from "./device-causes";
import { DevicePicture, type Part } from "./device-pictures";
import { sayDevice as say, speakDevices } from "./device-words";
import "./devices.css";

export interface HelpProps {
  device: Part;
  cause: Device;
  /** The address that opens the same visit elsewhere; null where there is nothing to hand off. */
  link: string | null;
  /** The page's own heading when it has the page to itself. */
  alone?: boolean;
  onAgain: () => void;
  onVoice?: (() => void) | undefined;
  onListen?: (() => void) | undefined;
}

/** A sentence begins with a capital, whichever word came first. */
function sentence(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}

export function DeviceHelp({ device, cause, link, alone = false, onAgain, onVoice, onListen }: HelpProps) {
  const here = who();
  const help = helpFor(cause, here);
  const words = { device: say(device), browser: help.browser };
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [device, cause]);
  const title = sentence(say(help.title, words));
  const Title = alone ? "h1" : "h2";
  const away = help.elsewhere && link !== null;
  return (
    <div class="device-help">
      <Title tabIndex={-1} ref={heading}>
        {title}
      </Title>
      <DevicePicture scene={help.scene} browser={here.browser} system={here.system} part={device} label={say("picture", { what: title })} />
      <p>{say(help.text, words)}</p>
      {help.steps.length > 0 && (
        <ol class="steps">
          {help.steps.map((step) => (
            <li key={step}>{say(step, words)}</li>
          ))}
        </ol>
      )}
      {away && <Elsewhere link={link} />}
      <button type="button" class={away ? "button second" : "button"} onClick={onAgain}>
        {say("try_again")}
      </button>
      {onVoice && (
        <button type="button" class="button second" onClick={onVoice}>
          {say("voice_only")}
        </button>
      )}
      {onListen && (
        <button type="button" class="button second" onClick={onListen}>
          {say("listen_only")}
        </button>
      )}
    </div>
  );
}

/** How the system's own browser is asked for, where it can be (Android intents; Safari's own scheme since iOS 17). */
export function openerFor(link: string, system = who().system): string | null {
  const bare = link.replace(/^https:\/\//, "");
  if (bare === link) return null;
  // The last `#Intent` ends the address, so the link's own fragment stays in it (android.content.Intent.parseUri).
  if (system === "android") return `intent://${bare}#Intent;scheme=https;action=android.intent.action.VIEW;end`;
  return system === "ios" ? `x-safari-https://${bare}` : null;
}

/** Out of an app that lends no camera: open, copy, or scan. The link is the seat: nothing is lost by going. */
export function Elsewhere({ link }: { link: string }) {
  const [copied, setCopied] = useState(false);
  const [Code, setCode] = useState<null | typeof import("./qr").Qr>(null);
  const browser = systemBrowser(who().system);
  const opener = openerFor(link);
  useEffect(() => void import("./qr").then(({ Qr }) => setCode(() => Qr)), []);
  const copy = (): void => void navigator.clipboard.writeText(link).then(() => setCopied(true), () => setCopied(false));
  return (
    <div class="elsewhere">
      {opener && (
        <a class="button" href={opener}>
          {say("elsewhere_open", { browser })}
        </a>
      )}
      <button type="button" class={opener ? "button second" : "button"} onClick={copy}>
        {say("copy_link")}
      </button>
      <p role="status">{copied ? say("copied", { browser }) : ""}</p>
      {Code && (
        <>
          <p>{say("elsewhere_qr")}</p>
          <Code text={link} label={say("qr_alt")} />
        </>
      )}
    </div>
  );
}

/** For pages without Preact of their own: draws the help into `root`; again with other values draws it anew. */
export async function showHelp(root: HTMLElement, locale: Locale, props: HelpProps): Promise<void> {
  await speakDevices(locale);
  render(<DeviceHelp {...props} />, root);
}

/** The page cannot have a camera at all in here: only the way out. */
export async function showElsewhere(root: HTMLElement, locale: Locale, link: string): Promise<void> {
  await speakDevices(locale);
  const here = who();
  const label = say("picture", { what: say("elsewhere_title") });
  render(
    <div class="device-help">
      <h1 tabIndex={-1}>{say("elsewhere_title")}</h1>
      <DevicePicture scene="elsewhere" browser={here.browser} system={here.system} part="camera" label={label} />
      <p>{say("elsewhere_text")}</p>
      <Elsewhere link={link} />
    </div>,
    root,
  );
}

