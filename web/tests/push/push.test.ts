import { afterEach, describe, expect, it, vi } from "vitest";
import { Api } from "../../src/lib/api";
import { pushState } from "../../src/push/push";

const ENDPOINT = "https://push.example.org/one";

/** A browser with or without a subscription, and what the clinic answers when it is asked about it. */
function browser(options: { subscribed: boolean; answer?: () => Response; permission?: string }) {
  const getSubscription = async () => (options.subscribed ? { endpoint: ENDPOINT } : null);
  vi.stubGlobal("navigator", { serviceWorker: { getRegistration: async () => ({ pushManager: { getSubscription } }) } });
  vi.stubGlobal("Notification", { permission: options.permission ?? "granted" });
  vi.stubGlobal("window", { PushManager: {}, Notification: {} });
  vi.stubGlobal("document", { cookie: "" });
  const asked = vi.fn(async (_url: string, _init: RequestInit) => (options.answer ?? (() => Response.json({ on: true })))());
  vi.stubGlobal("fetch", asked);
  return asked;
}

afterEach(() => vi.unstubAllGlobals());

describe("whether this browser is told", () => {
  it("is what the clinic knows", async () => {
    const asked = browser({ subscribed: true });
    expect(await pushState(new Api("provider"))).toBe("on");
    const [url, init] = asked.mock.calls[0] as [string, RequestInit];
    expect([url, init.method, init.body]).toEqual(["/v1/push/state", "POST", JSON.stringify({ endpoint: ENDPOINT })]);
  });

  it("is off where the clinic forgot the browser when somebody signed out", async () => {
    browser({ subscribed: true, answer: () => Response.json({ on: false }) });
    expect(await pushState(new Api("provider"))).toBe("off");
  });

  it("is off where the clinic refuses to say", async () => {
    browser({ subscribed: true, answer: () => Response.json({ slug: "unauthenticated", status: 401 }, { status: 401 }) });
    expect(await pushState(new Api("provider"))).toBe("off");
  });

  it("needs no question without a subscription, or where the browser forbids it", async () => {
    const asked = browser({ subscribed: false });
    expect(await pushState(new Api("provider"))).toBe("off");
    const forbidden = browser({ subscribed: true, permission: "denied" });
    expect(await pushState(new Api("provider"))).toBe("blocked");
    expect([asked.mock.calls.length, forbidden.mock.calls.length]).toEqual([0, 0]);
  });
});
