// What alarms have gone off for. The page that is looked at asks, so that each is shown once however many are open.
import { htmx } from "./requests.js";

const EVERY_MS = 60_000;
const LOOK_MS = 5_000;
const ASKED = "farley-reminders"; // when an answer was empty last: who goes from page to page asks no more often
const place = () => document.querySelector("[data-reminders]");

async function ask() {
  const box = place();
  if (!box || document.visibilityState !== "visible" || box.contains(document.activeElement)) return;
  if (Date.now() - Number(sessionStorage.getItem(ASKED) ?? 0) < EVERY_MS) return;
  sessionStorage.setItem(ASKED, String(Date.now()));
  await htmx.ajax("GET", box.dataset.reminders, { source: box, target: box, swap: "innerHTML" });
}

export function startReminders() {
  const box = place();
  if (!box) return;
  // A new page shows at once what waits for an answer; and what another page has answered goes from this one.
  box.addEventListener("htmx:afterSwap", () => {
    if (box.querySelector("[data-reminder]")) addEventListener("pagehide", () => sessionStorage.removeItem(ASKED));
  });
  ask();
  setInterval(ask, LOOK_MS);
  document.addEventListener("visibilitychange", () => {
    if (box.querySelector("[data-reminder]")) sessionStorage.removeItem(ASKED);
    ask();
  });
}
