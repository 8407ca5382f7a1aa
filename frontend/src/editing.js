// Inline edit: Enter or leaving the editor saves, Esc restores, a saved value carries its check for two seconds.
import { htmx } from "./requests.js";

const SHOWN_MS = 2000;

const started = new WeakSet();
const isChanged = (form) => [...form.elements].some((each) => (each.defaultValue ?? each.value) !== each.value);
const isRefused = (form) => Boolean(form.querySelector(".err, .notice")); // holds words that are nowhere else

let returns = null; // where the focus goes once an editor is gone: looked for in this order

/** The ways back from an element of the record that is about to be replaced. */
function waysBack(element) {
  if (element.closest("#summary")) return [() => document.getElementById("tag-add")];
  for (const saved of document.querySelectorAll(".edit.is-saved")) saved.classList.remove("is-saved"); // an earlier one
  const fact = element.closest(".fact");
  if (!fact) return [() => document.getElementById(element.id)]; // what adds a fact, say
  const openers = [...document.querySelectorAll("#facts .fact:not(.new-fact > *)")];
  const place = openers.indexOf(fact);
  const group = fact.parentElement.id.replace("new-", "add-");
  return [
    () => document.querySelector("button.edit.is-saved"),
    () => document.getElementById(fact.id)?.querySelector("button.edit"),
    () => document.querySelector(`[popovertarget="${group}"]`),
    () => document.querySelectorAll("#facts button.edit")[Math.max(0, place - 1)],
  ];
}

function refocus() {
  if (!returns || (document.activeElement && document.activeElement !== document.body)) return;
  for (const find of returns) {
    const found = find();
    if (!found) continue;
    found.focus();
    returns = null;
    return;
  }
}

function restore(form) {
  form.dataset.isLeaving = "";
  const fact = form.closest(".fact");
  if (form.dataset.restore) htmx.ajax("GET", form.dataset.restore, { target: fact, swap: "outerHTML" });
  else {
    fact.remove();
    refocus();
  }
}

function leave(form) {
  if (!form.isConnected || "isLeaving" in form.dataset || form.contains(document.activeElement)) return;
  if (!document.hasFocus()) return; // another window: nobody has left the editor
  if (form.querySelector(".notice")) return; // which of two values stays is picked, not passed by
  if (isChanged(form)) form.requestSubmit();
  else if (!isRefused(form)) restore(form);
}

function settle(root) {
  for (const form of root.querySelectorAll?.("[data-editor]") ?? []) {
    if (started.has(form)) continue;
    started.add(form);
    const first = form.querySelector("[autofocus]");
    first?.focus();
    first?.select?.();
    form.scrollIntoView({ block: "nearest" }); // its buttons too, above the bar of a phone
  }
  for (const saved of root.querySelectorAll?.(".edit.is-saved") ?? [])
    setTimeout(() => saved.classList.remove("is-saved"), SHOWN_MS);
}

export function startEditors() {
  settle(document);
  document.addEventListener("htmx:load", (event) => settle(event.target.parentElement ?? event.target));
  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.target.closest?.("[data-editor]");
    if (form) form.dataset.isLeaving = "";
    const part = form ?? event.target.closest?.("#summary, #facts");
    if (part?.contains(document.activeElement)) returns = waysBack(document.activeElement);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target.closest?.("[data-editor]");
    if (form && !event.detail.successful) delete form.dataset.isLeaving; // the typed text stays
  });
  document.addEventListener("htmx:afterSettle", refocus);
  document.addEventListener("focusout", (event) => {
    const form = event.target.closest?.("[data-editor]");
    if (form) setTimeout(() => leave(form));
  });
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest?.("[data-editor]");
    if (!form) return;
    if (event.key === "Escape") {
      event.preventDefault();
      returns = waysBack(form);
      restore(form);
    } else if (event.key === "Enter" && event.ctrlKey) form.requestSubmit();
  });
  document.addEventListener("click", (event) => {
    const discard = event.target.closest("[data-discard]");
    if (!discard) return;
    event.preventDefault();
    const form = discard.closest("[data-editor]");
    returns = waysBack(form);
    restore(form);
  });
  // A press inside the editor that lands beside its fields takes the focus away without leaving the editor.
  document.addEventListener("mousedown", (event) => {
    const form = event.target.closest("[data-editor]");
    if (form && !event.target.closest("input, textarea, select, button, a, label")) event.preventDefault();
  });
}
