// The service worker: the shell and the people that were looked at last can be read without a network.
//
// What it keeps is one account's. It goes when somebody signs out, when their session has ended, and when a page of
// another account comes in. Only whole pages that the server let somebody see are kept, never parts or answers to forms.
const { assets, offline, login, logout } = FARLEY; // set by the server before this script
const SHELL = `farley-shell-${FARLEY.version}`;
const PAGES = "farley-pages-";
const MOST = 100; // pages that are kept: the newest
const KEPT = /^\/(today\/|contacts\/|contacts\/\d+\/)$/;
const GONE = [403, 404, 410]; // nobody is there any more, or not for whoever looks
const BUILT = /^\/static\/dist\/[^/]+-[0-9A-Z]{8}\.\w+$/; // a name that stands for its content
let ends = 0; // how often somebody's time here has ended: what was asked before that is not kept

async function install() {
  const shell = await caches.open(SHELL);
  await shell.addAll([...assets, offline]);
  await self.skipWaiting();
}

async function activate() {
  for (const name of await caches.keys()) if (name.startsWith("farley-shell-") && name !== SHELL) await caches.delete(name);
  await self.clients.claim();
}

/** Nothing of anybody stays, but what the one called `account` may read. */
async function forget(account = null) {
  if (account === null) ends += 1;
  for (const name of await caches.keys())
    if (name.startsWith(PAGES) && name !== `${PAGES}${account}`) await caches.delete(name);
}

const isPage = (answer) => /^text\/html\b/.test(answer.headers.get("Content-Type") ?? "");
const pathOf = (request) => new URL(request.url).pathname;

async function keep(request, answer, asked) {
  const path = pathOf(request);
  const html = await answer.text();
  const account = /<body [^>]*data-account="([^"]*)"/.exec(html)?.[1];
  if (!account || asked !== ends) return;
  await forget(account);
  if (!KEPT.test(path) || new URL(request.url).search || /no-store/.test(answer.headers.get("Cache-Control") ?? "")) return;
  const pages = await caches.open(`${PAGES}${account}`);
  if (asked !== ends) return;
  const headers = new Headers(answer.headers);
  headers.set("X-Farley-Kept", new Date().toISOString());
  await pages.delete(path); // so that the newest come last
  await pages.put(path, new Response(html, { headers }));
  const all = await pages.keys();
  for (const old of all.slice(0, Math.max(0, all.length - MOST))) await pages.delete(old);
}

async function drop(request) {
  for (const name of await caches.keys())
    if (name.startsWith(PAGES)) await (await caches.open(name)).delete(pathOf(request));
}

/** A page as it was when it was seen last, marked as such; else the page that says that there is no network. */
async function keptPage(request) {
  for (const name of await caches.keys()) {
    if (!name.startsWith(PAGES)) continue;
    const found = await (await caches.open(name)).match(pathOf(request));
    if (!found) continue;
    const at = found.headers.get("X-Farley-Kept");
    const html = (await found.text()).replace("<body ", `<body data-kept-at="${at}" `);
    return new Response(html, { headers: found.headers });
  }
  return (await caches.match(offline)) ?? Response.error();
}

async function navigate(event) {
  const { request } = event;
  const asked = ends;
  let answer;
  try {
    answer = await fetch(request);
  } catch {
    return keptPage(request);
  }
  if (answer.ok && new URL(answer.url).pathname === login) event.waitUntil(forget()); // asked for, or led there
  else if (GONE.includes(answer.status)) event.waitUntil(drop(request));
  else if (answer.ok && !answer.redirected && isPage(answer)) // and no download, which would have to be read into memory
    event.waitUntil(keep(request, answer.clone(), asked).catch(() => undefined));
  return answer;
}

async function fromShell(request) {
  const found = await caches.match(request);
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok && BUILT.test(pathOf(request))) await (await caches.open(SHELL)).put(request, answer.clone());
  return answer;
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === "POST" && url.pathname === logout) event.waitUntil(forget());
  else if (request.mode === "navigate" && request.method === "GET") event.respondWith(navigate(event));
  else if (request.method === "GET" && (assets.includes(url.pathname) || BUILT.test(url.pathname))) event.respondWith(fromShell(request));
});
