/** Web push for this browser: is it possible, is it on, turn it on or off. Loaded when somebody presses the button, not before. */
import type { Api } from "../lib/api";

export type PushState = "impossible" | "blocked" | "off" | "on";

const WORKER = "/push-worker.js";

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): { createScriptURL(url: string): string };
}

let address: string | null = null;

/** Chromium asks for a trusted address of a worker's script; the one policy that the server allows makes exactly this one. */
function worker(): string {
  const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  address ??= types ? types.createPolicy("careroom", { createScriptURL: () => WORKER }).createScriptURL(WORKER) : WORKER;
  return address;
}

export function possible(): boolean {
  return "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
}

async function current(): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.getRegistration("/");
  return (await registration?.pushManager.getSubscription()) ?? null;
}

/** The clinic is asked: it forgets a browser that signs out, and the browser keeps its subscription. Nobody answers: not known to be on is "off". */
export async function pushState(api: Api): Promise<PushState> {
  if (!possible()) return "impossible";
  if (Notification.permission === "denied") return "blocked";
  const subscription = await current();
  if (!subscription) return "off";
  const known = await api.post<{ on: boolean }>("/v1/push/state", { endpoint: subscription.endpoint }).catch(() => ({ on: false }));
  return known.on ? "on" : "off";
}

/** Asks the reader, subscribes, and tells the clinic. Answers what came of it; throws when the clinic or the push service failed. */
export async function turnOn(api: Api, locale: string): Promise<PushState> {
  if (!possible()) return "impossible";
  if ((await Notification.requestPermission()) !== "granted") return "blocked";
  const { key } = await api.get<{ key: string }>("/v1/push/key");
  const registration = await navigator.serviceWorker.register(worker(), { scope: "/" });
  const ready = await navigator.serviceWorker.ready;
  ready.active?.postMessage({ page: location.pathname });
  const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const { endpoint, keys } = subscription.toJSON();
  try {
    await api.put("/v1/push/subscription", { endpoint, keys, locale });
  } catch (error) {
    await subscription.unsubscribe(); // never half: what the clinic does not know must not look as if it were on
    throw error;
  }
  return "on";
}

export async function turnOff(api: Api): Promise<PushState> {
  const subscription = await current();
  if (subscription) {
    await subscription.unsubscribe();
    await api.post("/v1/push/unsubscribe", { endpoint: subscription.endpoint });
  }
  return "off";
}
