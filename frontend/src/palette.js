// The palette: Ctrl K opens it, arrows choose, Enter goes there, the right arrow tells what else can be done with it.
import { htmx } from "./requests.js";

const MOST = 10; // records that are remembered as opened last: by number alone, nothing of what they say
const dialog = () => document.getElementById("palette");
const input = () => document.getElementById("palette-input");
const options = () => [...dialog().querySelectorAll("[role=option]")];
const chosen = () => dialog().querySelector("[aria-selected=true]");
const place = () => `recent:${document.body.dataset.account ?? ""}`;
let isMore = false; // what is shown is about one contact

function recent() {
  try {
    return JSON.parse(sessionStorage.getItem(place())) ?? [];
  } catch {
    return [];
  }
}

/** Remember the record that this page is about. */
function remember() {
  const number = document.querySelector("[data-record]")?.dataset.record;
  if (number) sessionStorage.setItem(place(), JSON.stringify([...new Set([number, ...recent()])].slice(0, MOST)));
}

function choose(option) {
  for (const other of options()) other.ariaSelected = String(other === option);
  if (!option) return input().removeAttribute("aria-activedescendant");
  input().setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const all = options();
  if (all.length) choose(all[(all.indexOf(chosen()) + by + all.length) % all.length]);
}

export function openPalette() {
  if (!dialog() || document.querySelector("dialog[open]")) return false;
  input().value = "";
  isMore = false;
  document.getElementById("palette-recent").value = recent().join(",");
  dialog().showModal();
  htmx.trigger(input(), "show");
  return true;
}

function more(option) {
  isMore = true;
  htmx.ajax("GET", option.dataset.more, { target: "#palette-options", swap: "innerHTML" });
}

function take(event) {
  const option = chosen();
  if (event.key === "ArrowDown" || event.key === "ArrowUp") step(event.key === "ArrowDown" ? 1 : -1);
  else if (event.key === "Enter" && option) option.click();
  else if (event.key === "ArrowRight" && option?.dataset.more && input().selectionStart === input().value.length) more(option);
  else if (event.key === "ArrowLeft" && isMore) {
    isMore = false;
    htmx.trigger(input(), "show");
  } else return;
  event.preventDefault();
}

export function startPalette() {
  if (!dialog()) return;
  remember();
  dialog().addEventListener("keydown", take);
  dialog().addEventListener("click", (event) => event.target === dialog() && dialog().close()); // beside it
  document.addEventListener("htmx:afterSwap", ({ target }) => target.id === "palette-options" && choose(options()[0]));
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    if (openPalette()) event.preventDefault();
  });
}
