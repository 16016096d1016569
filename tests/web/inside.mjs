/** What runs inside a watched page. Each function is sent there whole, so it may use nothing from outside itself. */

/** Before the page's first script: remember its peer connections, and make every refusal by the security policy an error. */
export function watch() {
  const Native = window.RTCPeerConnection;
  window.watchedConnections = [];
  window.RTCPeerConnection = class extends Native {
    constructor(...given) {
      super(...given);
      window.watchedConnections.push(this);
    }
  };
  addEventListener("securitypolicyviolation", (event) => {
    console.error(`CSP violation: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
  });
}

/**
 * Moments of an admission, in ms since 1970 on the machine's own clock: `admit` (the click), `attached` (a video element was given the
 * other side's stream), `frame` (its first frame was presented) and `counted` (the 3-2-1 is over).
 */
export function time() {
  const now = () => performance.timeOrigin + performance.now();
  const moments = {};
  const waiting = {};
  const reached = (name) => {
    if (moments[name] !== undefined) return;
    moments[name] = now();
    waiting[name]?.(moments[name]);
  };
  const coming = (name) =>
    new Promise((resolve, reject) => {
      waiting[name] = resolve;
      setTimeout(() => reject(new Error(`no ${name} within 30 s`)), 30_000);
    });
  window.moment = (name) => moments[name] ?? coming(name);
  const isRemote = (stream) => {
    const receivers = (window.watchedConnections ?? []).flatMap((pc) => pc.getReceivers());
    return stream?.getTracks().some((track) => receivers.some((receiver) => receiver.track === track)) ?? false;
  };
  const source = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, "srcObject");
  Object.defineProperty(HTMLMediaElement.prototype, "srcObject", {
    ...source,
    set(stream) {
      source.set.call(this, stream);
      if (!isRemote(stream)) return;
      reached("attached");
      this.requestVideoFrameCallback(() => reached("frame"));
    },
  });
  document.addEventListener("click", (event) => event.target.closest?.("#admit") && reached("admit"), true);
  let counting = false;
  new MutationObserver(() => {
    const there = document.querySelector("[role=timer].ring") !== null;
    if (counting && !there) reached("counted");
    counting = there;
  }).observe(document, { childList: true, subtree: true });
}

/** The first visible element with this role whose accessible name fits the pattern. `usable`: it is not disabled. */
export function find({ role, name, usable = false, within = null }) {
  const KINDS = {
    button: "button:not([role]), [role=button], summary",
    link: "a[href]",
    heading: "h1, h2, h3, h4, [role=heading]",
    textbox: "textarea, input:not([type]), input[type=text], input[type=email], input[type=password], input[type=tel], input[type=date], input[type=time]",
    combobox: "select, [role=combobox]",
    radio: "input[type=radio]",
    checkbox: "input[type=checkbox]",
    video: "video",
    region: "section[aria-label], section[aria-labelledby], [role=region]",
    group: "[role=group], fieldset",
    main: "main",
  };
  const clean = (text) => text.replaceAll(/[\u2066-\u2069]/g, "").replaceAll(/\s+/g, " ").trim();
  const words = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.data;
    if (!(node instanceof Element) || node.getAttribute("aria-hidden") === "true" || node.hidden) return "";
    const label = node.getAttribute("aria-label");
    if (label) return ` ${label} `;
    return [...node.childNodes].map(words).join(getComputedStyle(node).display === "inline" ? "" : " ");
  };
  const nameOf = (node) => {
    const ids = node.getAttribute("aria-labelledby");
    if (ids) return ids.split(/\s+/).map((id) => words(document.getElementById(id) ?? new Text(""))).join(" ");
    const label = node.getAttribute("aria-label");
    if (label) return label;
    if (node.labels?.length > 0) return [...node.labels].map(words).join(" ");
    return node instanceof HTMLInputElement || node instanceof HTMLTextAreaElement ? (node.placeholder ?? "") : words(node);
  };
  const visible = (node) => {
    const box = node.getBoundingClientRect();
    const style = getComputedStyle(node);
    return box.width > 0 && box.height > 0 && style.visibility !== "hidden" && !node.closest("[hidden], [inert]");
  };
  const wanted = new RegExp(name, "u");
  const root = within ? document.querySelector(within) : document;
  // An open dialog has the page to itself.
  const top = document.querySelector("dialog[open]");
  for (const node of root?.querySelectorAll(KINDS[role] ?? `[role=${role}]`) ?? []) {
    if (top && !top.contains(node)) continue;
    if (!visible(node) || (usable && (node.disabled || node.getAttribute("aria-disabled") === "true"))) continue;
    if (wanted.test(clean(nameOf(node)))) return node;
  }
  return null;
}

export function focused(element) {
  return element !== null && document.activeElement === element;
}

/** What arrives over the page's peer connections, and what of it can be seen: counters of getStats, and the picture's pixels. */
export async function media() {
  const seen = { connections: 0, framesDecoded: 0, audioPackets: 0, audioEnergy: 0, bytesSent: 0, picture: null };
  const arriving = new Set();
  for (const pc of window.watchedConnections ?? []) {
    if (pc.connectionState !== "connected") continue;
    seen.connections++;
    for (const receiver of pc.getReceivers()) arriving.add(receiver.track.id);
    for (const one of (await pc.getStats()).values()) {
      if (one.type === "outbound-rtp") seen.bytesSent += one.bytesSent ?? 0;
      if (one.type !== "inbound-rtp") continue;
      if (one.kind === "video") seen.framesDecoded += one.framesDecoded ?? 0;
      if (one.kind === "audio") {
        seen.audioPackets += one.packetsReceived ?? 0;
        seen.audioEnergy += one.totalAudioEnergy ?? 0;
      }
    }
  }
  for (const video of document.querySelectorAll("video")) {
    const remote = video.srcObject?.getTracks?.().some((track) => arriving.has(track.id));
    if (!remote || video.videoWidth === 0) continue;
    const canvas = document.createElement("canvas");
    canvas.width = 64;
    canvas.height = 48;
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.drawImage(video, 0, 0, 64, 48);
    const { data } = pen.getImageData(0, 0, 64, 48);
    const light = [];
    for (let at = 0; at < data.length; at += 4) light.push((data[at] + data[at + 1] + data[at + 2]) / 3);
    const mean = light.reduce((sum, one) => sum + one, 0) / light.length;
    const spread = Math.sqrt(light.reduce((sum, one) => sum + (one - mean) ** 2, 0) / light.length);
    seen.picture = { mean, spread, width: video.videoWidth, time: video.currentTime, muted: video.muted, paused: video.paused, volume: video.volume };
  }
  return seen;
}
