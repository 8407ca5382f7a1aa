// Facts of a group are put in order: by dragging one at its label onto another, or by Alt and the arrows on its value.
import { htmx } from "./requests.js";

let dragged = null;
let isMoving = false; // a fact by its keys: the focus goes along
const factOf = (target) => target.closest?.(".fact[data-move]");
const isTarget = (fact) => dragged && fact && fact !== dragged && fact.parentElement === dragged.parentElement;

function move(fact, values) {
  isMoving = fact.contains(document.activeElement);
  const { move: url, was } = fact.dataset;
  htmx.ajax("POST", url, { source: fact, target: "#facts", swap: "outerHTML", values: { was, ...values } });
}

function clear() {
  for (const marked of document.querySelectorAll(".fact.is-onto")) marked.classList.remove("is-onto");
}

export function startReorder() {
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key) || !event.target.matches?.("button.edit")) return;
    const fact = factOf(event.target);
    if (!fact) return;
    event.preventDefault();
    move(fact, { steps: event.key === "ArrowUp" ? "-1" : "1" });
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (isMoving) document.querySelector("#facts button.edit.is-saved")?.focus();
    isMoving = false;
  });
  document.addEventListener("dragstart", (event) => {
    dragged = event.target.matches?.("dt[draggable]") ? factOf(event.target) : null;
    if (dragged) event.dataTransfer.effectAllowed = "move";
  });
  document.addEventListener("dragover", (event) => {
    const fact = factOf(event.target);
    clear();
    if (!isTarget(fact)) return;
    event.preventDefault();
    fact.classList.add("is-onto");
  });
  document.addEventListener("drop", (event) => {
    const fact = factOf(event.target);
    if (!isTarget(fact)) return;
    event.preventDefault();
    move(dragged, { onto: fact.dataset.was });
  });
  document.addEventListener("dragend", () => {
    dragged = null;
    clear();
  });
}
