// The service worker of web push. It shows the one line it is given and, when pressed, brings back the page that asked for it.
// It caches no page and sees no request, so it can never serve an old clinic.
const HOME = "careroom-push";
const PLACE = "/push-worker.js?page";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("message", (event) => {
  // Which page asked. Its address without the fragment: the secret of a link stays in the page.
  event.waitUntil(caches.open(HOME).then((cache) => cache.put(PLACE, new Response(String(event.data.page)))));
});

self.addEventListener("push", (event) => {
  let said = {};
  try {
    said = event.data.json();
  } catch {
    said = {}; // a push service may wake us with nothing: there is something new all the same
  }
  const title = typeof said.title === "string" ? said.title : "Careroom";
  const options = { lang: said.lang ?? "", tag: "careroom", renotify: true };
  event.waitUntil(self.registration.showNotification(title, options));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open());
});

async function open() {
  const kept = await (await caches.open(HOME)).match(PLACE);
  const page = kept ? await kept.text() : "/";
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const here = windows.find((one) => new URL(one.url).pathname === page) ?? windows[0];
  return here ? here.focus() : self.clients.openWindow(page);
}
