// An open page asks every twenty seconds what others did to what it shows, while somebody looks at it.
import { htmx } from "./requests.js";

const EVERY_MS = 20_000;
const LONGEST_MS = 300_000; // between two questions where the server does not answer
let wait = EVERY_MS;
let timer = 0;

/** Parts of a record that somebody is at work in, or has read on in: they stay as they are. */
function busy() {
  const parts = [];
  const active = document.activeElement;
  const facts = document.getElementById("facts");
  if (facts?.querySelector("[data-editor]") || facts?.contains(active)) parts.push("facts");
  const timeline = document.getElementById("timeline");
  if (timeline?.querySelector(".composer") || timeline?.contains(active) || timeline?.hasAttribute("data-is-longer")) parts.push("timeline");
  if (document.getElementById("summary")?.contains(active)) parts.push("summary");
  if (document.querySelector("[popover]:popover-open")) parts.push("meta", "facts");
  return parts.join(",");
}

async function ask() {
  const place = document.getElementById("live");
  if (!place?.dataset.live) return;
  const before = place.dataset.live;
  let isAnswered = false;
  const note = ({ detail }) => {
    if (detail.pathInfo?.requestPath?.startsWith(before.split("?")[0])) isAnswered = detail.xhr.status > 0 && detail.xhr.status < 400;
  };
  document.addEventListener("htmx:afterRequest", note);
  await htmx.ajax("GET", before, { source: place, target: place, swap: "outerHTML", values: { busy: busy() } }).catch(() => {});
  document.removeEventListener("htmx:afterRequest", note);
  wait = isAnswered ? EVERY_MS : Math.min(2 * wait, LONGEST_MS);
}

function next() {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    if (document.visibilityState === "visible" && navigator.onLine) await ask();
    next();
  }, wait);
}

export function startLive() {
  if (!document.getElementById("live")) return;
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.elt?.matches?.(".tl-more")) document.getElementById("timeline")?.toggleAttribute("data-is-longer", true);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible") return;
    wait = EVERY_MS;
    ask();
  });
  next();
}
