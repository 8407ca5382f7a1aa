// Farley without a network: says so, and of a page that was kept from when it is; the page that stands for all others
// lists the people that can be read.
const bar = () => document.getElementById("offline-bar");
const keptAt = () => document.body.dataset.keptAt;

function tell() {
  const place = bar();
  if (!place) return;
  const isOff = !navigator.onLine || Boolean(keptAt());
  place.hidden = !isOff;
  if (!isOff) return;
  const when = keptAt() && new Date(keptAt()).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  const { textOff, textKept, textBack } = place.dataset;
  const said = keptAt() && navigator.onLine ? textBack : textOff;
  place.querySelector("[data-said]").textContent = when ? `${said} ${textKept.replace("{when}", when)}` : said;
}

async function listPeople() {
  const list = document.querySelector("[data-kept-people]");
  if (!list || !("caches" in window)) return;
  for (const name of await caches.keys()) {
    if (!name.startsWith("farley-pages-")) continue;
    const pages = await caches.open(name);
    for (const request of (await pages.keys()).reverse()) {
      const path = new URL(request.url).pathname;
      const page = new DOMParser().parseFromString(await (await pages.match(request)).text(), "text/html");
      const link = document.createElement("a");
      link.href = path;
      link.textContent = page.title.replace(/ – Farley$/, "");
      const item = document.createElement("li");
      item.append(link);
      list.append(item);
    }
  }
  document.querySelector("[data-kept-none]").hidden = list.childElementCount > 0;
}

export function startOffline() {
  tell();
  listPeople();
  addEventListener("online", tell);
  addEventListener("offline", tell);
  if (document.querySelector(".app") && "serviceWorker" in navigator && isSecureContext)
    navigator.serviceWorker.register(document.body.dataset.worker, { scope: "/" }).catch(() => {});
}
