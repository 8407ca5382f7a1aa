// The record page: next and previous in the list one came from, back to it, sections on phones, E for the first fact.
import { onKey } from "./keys.js";

const kinds = { o: "note", l: "call", t: "event" };

function list() {
  try {
    return JSON.parse(sessionStorage.getItem("list")) ?? { order: [] };
  } catch {
    return { order: [] };
  }
}

/** The list goes on behind the rows that were loaded: their order, of the next page too. */
async function extend() {
  const left = list();
  const answer = await fetch(left.more, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!answer?.ok) return;
  const rows = document.createElement("template");
  rows.innerHTML = `<table><tbody>${await answer.text()}</tbody></table>`;
  const order = [...rows.content.querySelectorAll("[data-id] .who > a:not(.to-peek)")].map((link) => link.getAttribute("href"));
  const next = rows.content.querySelector(".more a")?.getAttribute("href");
  const more = next && new URL(next, left.more).href;
  sessionStorage.setItem("list", JSON.stringify({ ...left, order: [...new Set([...left.order, ...order])], more }));
}

function go(step) {
  const { order } = list();
  const here = order.indexOf(location.pathname);
  const path = here < 0 ? undefined : order[here + step];
  if (path) location.assign(path);
  return Boolean(path);
}

/** Where in the list one came from this record stands, with the ways to its neighbours. */
async function showPlace() {
  if (list().more && list().order.at(-1) === location.pathname) await extend();
  const { order, total } = list();
  const here = order.indexOf(location.pathname);
  const place = document.querySelector("[data-in-list]");
  if (!place || here < 0) return;
  for (const step of place.querySelectorAll("[data-list-step]")) {
    const path = order[here + Number(step.dataset.listStep)];
    if (path) step.href = path;
    step.hidden = !path;
  }
  const told = place.querySelector("[data-text]");
  told.textContent = told.dataset.text.replace("{n}", here + 1).replace("{total}", total || order.length);
  place.hidden = false;
}

/** To the composer, for a note, a call, an event or a task. */
function write(kind) {
  const composer = document.getElementById("write");
  if (!composer) return false;
  document.querySelector('[data-seg-link="timeline"]')?.click(); // on a phone the others hide it
  const tab = composer.querySelector(`[name=kind][value=${kind}]`) ?? composer.querySelector(`[data-compose=${kind}]`);
  tab?.click();
  if (tab?.matches("a")) waitsFor = "write"; // its form comes from the server
  else focusWriting(composer);
  composer.scrollIntoView({ block: "nearest" });
  return true;
}

let waitsFor = "";
const focusWriting = (composer) => composer.querySelector("#plan-title, textarea")?.focus();

export function startRecord() {
  const body = document.querySelector("[data-record]");
  if (!body) return;
  const { from } = list();
  showPlace();
  if (from) for (const link of document.querySelectorAll("[data-back]")) link.href = from;
  onKey((key) => {
    if (key === "j") return go(1);
    if (key === "k") return go(-1);
    if (key in kinds) return write(kinds[key]);
    if (key === "e") return (document.querySelector("#facts button.edit")?.click(), true);
    return false;
  });
  document.addEventListener("htmx:load", ({ target }) => {
    if (target.id !== "write" || waitsFor !== "write") return;
    waitsFor = "";
    focusWriting(target);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) return print();
    const opener = event.target.closest("[data-write]");
    if (opener && write(opener.dataset.write)) event.preventDefault();
    const chosen = event.target.closest("[data-seg-link]");
    if (!chosen) return;
    event.preventDefault();
    body.dataset.seg = chosen.dataset.segLink;
    for (const link of document.querySelectorAll("[data-seg-link]"))
      link.toggleAttribute("aria-current", link === chosen);
    chosen.ariaCurrent = "page";
    history.replaceState(history.state, "", chosen.href);
  });
}
