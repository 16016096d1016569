import type { Device } from "../lib/types";
import type { DeviceMessages } from "../messages/devices.en";

/** What stands in the way of a device, and what to do about it in this browser on this system. */

type Key = keyof DeviceMessages;
export type Browser = "chrome" | "safari" | "firefox";
export type System = "ios" | "android" | "mac" | "windows" | "other";
/** What the picture shows: the sign to press, the switch to turn, or what stands in the way. */
export type Scene = "site" | "system" | "absent" | "used" | "insecure" | "elsewhere";

export interface Help {
  scene: Scene;
  title: Key;
  text: Key;
  steps: Key[];
  /** The same page has to be opened elsewhere: offer to copy the link. */
  elsewhere: boolean;
  /** The browser's name, as people know it. */
  browser: string;
}

/** The browser that this system comes with: where a link is opened when an app does not let it use the camera. */
export function systemBrowser(system: System): "Safari" | "Chrome" {
  return system === "ios" || system === "mac" ? "Safari" : "Chrome";
}

/** Reads the user agent only to choose words; what the browser can do is always asked from the browser itself. */
export function who(agent = navigator.userAgent, touch = navigator.maxTouchPoints): { browser: Browser; system: System; name: string } {
  const system = systemOf(agent, touch);
  const name = /EdgA?\/|EdgiOS/.test(agent)
    ? "Edge"
    : /Firefox|FxiOS/.test(agent)
      ? "Firefox"
      : /SamsungBrowser/.test(agent)
        ? "Samsung Internet"
        : /Chrome|CriOS/.test(agent)
          ? "Chrome"
          : "Safari";
  const browser = name === "Firefox" && system !== "ios" ? "firefox" : name === "Safari" || system === "ios" ? "safari" : "chrome";
  return { browser, system, name };
}

function systemOf(agent: string, touch: number): System {
  if (/iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touch > 1)) return "ios";
  if (/Android/.test(agent)) return "android";
  if (/Macintosh/.test(agent)) return "mac";
  return /Windows/.test(agent) ? "windows" : "other";
}

const SITE: Record<Browser, [Key, Key]> = {
  chrome: ["chrome_1", "chrome_2"],
  safari: ["safari_1", "safari_2"],
  firefox: ["firefox_1", "firefox_2"],
};
const OS: Partial<Record<System, Key>> = { ios: "ios_1", android: "android_1", mac: "mac_1", windows: "windows_1" };

export function helpFor(cause: Device, here = who()): Help {
  const base = { elsewhere: false, browser: here.name };
  switch (cause) {
    case "os-denied": {
      const first = OS[here.system];
      return { ...base, scene: "system", title: "os_title", text: "os_text", steps: [...(first ? [first] : []), "os_2", "come_back"] };
    }
    case "absent":
      return { ...base, scene: "absent", title: "absent_title", text: "absent_text", steps: [] };
    case "in-use":
      return { ...base, scene: "used", title: "used_title", text: "used_text", steps: [] };
    case "insecure":
      return { ...base, scene: "insecure", title: "insecure_title", text: "insecure_text", steps: [] };
    case "policy": {
      return { scene: "elsewhere", title: "policy_title", text: "policy_text", steps: [], elsewhere: true, browser: systemBrowser(here.system) };
    }
    default: {
      const [first, second] = SITE[here.browser];
      const open = here.browser === "safari" && here.system === "mac" ? "safari_mac_1" : first;
      return { ...base, scene: "site", title: "site_title", text: "site_text", steps: [open, second, "come_back"] };
    }
  }
}
