// Keys of all pages. A single key never fires while somebody types, and never together with Ctrl, Alt or ⌘.
import { htmx } from "./requests.js";
import { undoNewest } from "./toasts.js";

const places = { h: "/today/", c: "/calendar/", k: "/contacts/", t: "/tasks/", a: "/activity/" };
let goesTo = 0; // until when the key after G is a place

export const isTyping = (target) => target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");

/** Call `handle(key, event)` for single keys outside of fields and open dialogs; it returns true for a key it took. */
export function onKey(handle) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    // Who talks to a machine, or whose hands tremble, switches the letters off. WCAG 2.1.4
    if (document.body.dataset.keys === "off" && event.key.length === 1 && event.key !== " ") return;
    if (isTyping(event.target) || document.querySelector("dialog[open], [popover]:popover-open")) return;
    if (handle(event.key.length === 1 ? event.key.toLowerCase() : event.key, event)) event.preventDefault();
  });
}

function foldNavigation() {
  const app = document.querySelector(".app");
  const isRail = app.dataset.nav === "rail";
  app.toggleAttribute("data-nav", !isRail);
  if (!isRail) app.dataset.nav = "rail";
  document.cookie = `farley_rail=${isRail ? 0 : 1}; path=/; max-age=31536000; samesite=lax`;
  return true;
}

/** The keys of this page, with the way to all there are; fetched when somebody first asks. */
async function showKeys() {
  if (document.querySelector("dialog[open]")) return;
  const url = document.querySelector("[data-open-keys]").href;
  if (!document.getElementById("keys")) await htmx.ajax("GET", url, { target: "body", swap: "beforeend" });
  const dialog = document.getElementById("keys");
  if (!dialog) return; // the server did not answer, and a message says so
  for (const each of dialog.querySelectorAll("[data-for]")) each.hidden = !document.querySelector(each.dataset.for);
  dialog.querySelector("[data-all-keys]").hidden = !dialog.querySelector("[data-for][hidden]");
  if (!dialog.open) dialog.showModal();
}

export function startKeys() {
  if (!document.querySelector(".app")) return;
  document.addEventListener("click", (event) => {
    const { target } = event;
    const opener = target.closest("[data-open-keys]");
    if (opener && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      showKeys();
    }
    const all = target.closest("[data-all-keys]");
    if (!all) return;
    for (const each of document.querySelectorAll("#keys [data-for]")) each.hidden = false;
    all.hidden = true;
  });
  onKey((key) => {
    if (goesTo > Date.now() && places[key]) {
      goesTo = 0;
      location.assign(places[key]);
      return true;
    }
    if (key === "g") goesTo = Date.now() + 1500;
    else if (key === "?") showKeys();
    else if (key === "[") return foldNavigation();
    else if (key === "z") undoNewest();
    else if (key === "n" && !clickMarked(key)) location.assign("/contacts/new/");
    else return key === "n" || clickMarked(key);
    return true;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.matches("input[data-key]")) leaveField(event);
  });
}

/** Out of a field that a key leads into, so that the single keys are heard again; what was typed stays. */
function leaveField(event) {
  event.preventDefault();
  event.target.blur();
}

/** Fields and buttons name their own key: a field is focused, anything else pressed. */
function clickMarked(key) {
  const marked = [...document.querySelectorAll("[data-key]")].find((element) => element.dataset.key === key);
  if (!marked || !marked.checkVisibility()) return false;
  if (marked.matches("input")) {
    marked.focus();
    marked.select();
  } else marked.click();
  return true;
}
