import { describe, expect, it } from "vitest";
import { helpFor, systemBrowser, who } from "../../src/call/device-causes";
import { openerFor } from "../../src/call/device-help";
import ar from "../../src/messages/devices.ar";
import en from "../../src/messages/devices.en";
import es from "../../src/messages/devices.es";
import type { Device } from "../../src/lib/types";

const CAUSES: Device[] = ["site-denied", "os-denied", "absent", "in-use", "insecure", "policy"];
const AGENTS = {
  iphone: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.7 Mobile/15E148 Safari/604.1",
  android: "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36",
  mac: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
  firefox: "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:153.0) Gecko/20100101 Firefox/153.0",
};

describe("the six causes", () => {
  it.each(Object.entries(AGENTS))("have each their own words and picture on %s", (_name, agent) => {
    const helps = CAUSES.map((cause) => helpFor(cause, who(agent, agent.includes("iPhone") ? 5 : 0)));
    expect(new Set(helps.map(({ title }) => title)).size).toBe(6);
    expect(new Set(helps.map(({ scene }) => scene)).size).toBe(6);
    for (const words of [en, es, ar]) for (const help of helps) for (const key of [help.title, help.text, ...help.steps]) expect(words[key]).toBeTruthy();
  });

  it("say for each browser where its own sign is", () => {
    const first = (agent: string): string | undefined => helpFor("site-denied", who(agent, 0)).steps[0];
    expect(new Set([AGENTS.android, AGENTS.mac, AGENTS.firefox].map(first)).size).toBe(3);
  });
});

describe("the way out of an app that lends no camera", () => {
  const link = "https://clinic.example.org/j/abc#secret-part";

  it("keeps the whole link, with what only the patient knows", () => {
    expect(openerFor(link, "android")).toBe("intent://clinic.example.org/j/abc#secret-part#Intent;scheme=https;action=android.intent.action.VIEW;end");
    expect(openerFor(link, "ios")).toBe("x-safari-https://clinic.example.org/j/abc#secret-part");
  });

  it("offers no button where no system knows one", () => {
    expect(openerFor(link, "windows")).toBeNull();
    expect(openerFor("http://localhost/j/abc#x", "android")).toBeNull();
    expect([systemBrowser("ios"), systemBrowser("android")]).toEqual(["Safari", "Chrome"]);
  });
});
