// The list of contacts by keyboard: move, select, preview. One row at a time is in the tab order.
import { startCells, takeCellKey } from "./cells.js";
import { startColumns } from "./columns.js";
import { isTyping, onKey } from "./keys.js";
import { htmx } from "./requests.js";

const rows = () => [...document.querySelectorAll("[data-rows] > [data-id]")];
const link = (row) => row.querySelector(".who > a");
const box = (row) => row.querySelector("[name=id]");
const everything = () => document.querySelector("[name=everything]");
const total = () => document.getElementById("total")?.textContent.trim() ?? "";
let lastPicked = null; // where a range of selected rows began
let lastFocused = null; // where J and K go on after the focus was elsewhere
let tabStop = null;
let scrolledTo = 0; // asked for when the page is left, it would have all of it laid out

function current() {
  const all = rows();
  return all.find((row) => row.contains(document.activeElement)) ?? all.find((row) => row.ariaCurrent === "true");
}

/** Make `stop` the one row that Tab enters. Only rows that came since and the two that change are touched. */
function setTabStop(stop) {
  const changed = new Set(document.querySelectorAll("[data-rows] > [data-id]:not([data-settled])"));
  for (const row of [tabStop, stop]) if (row?.isConnected) changed.add(row);
  for (const row of changed) {
    row.dataset.settled = "";
    for (const control of row.querySelectorAll("a, input")) control.tabIndex = row === stop ? 0 : -1;
  }
  tabStop = stop;
}

function focusRow(row) {
  if (!row) return;
  setTabStop(row);
  lastFocused = row;
  link(row).focus();
  row.scrollIntoView({ block: "nearest" });
  if (document.querySelector("[data-peek-panel]")) peek(row);
}

function move(step) {
  const all = rows();
  const here = all.indexOf(current() ?? lastFocused);
  focusRow(all[here < 0 ? 0 : Math.max(0, Math.min(all.length - 1, here + step))]);
}

function peek(row) {
  const url = row.querySelector(".to-peek").getAttribute("href");
  for (const other of rows()) other.ariaCurrent = other === row ? "true" : null;
  history.replaceState(history.state, "", url);
  return htmx.ajax("GET", url, { target: "#peek", swap: "innerHTML" }).then(showPosition);
}

/** Say in the preview where in the list its contact is, and offer its neighbours. */
function showPosition() {
  const panel = document.querySelector("[data-peek-panel]");
  const all = rows();
  const here = all.findIndex((row) => row.ariaCurrent === "true");
  if (!panel || here < 0) return;
  const place = panel.querySelector("[data-peek-position]");
  place.textContent = place.dataset.text.replace("{n}", here + 1).replace("{total}", total() || all.length);
  for (const button of panel.querySelectorAll("[data-peek-step]")) {
    button.hidden = false;
    button.disabled = !all[here + Number(button.dataset.peekStep)];
  }
}

/** To a neighbour, by a button of the preview, which keeps the focus. */
async function stepPeek(step) {
  const all = rows();
  const row = all[all.findIndex((each) => each.ariaCurrent === "true") + step];
  if (!row) return;
  setTabStop(row);
  row.scrollIntoView({ block: "nearest" });
  await peek(row);
  const button = document.querySelector(`[data-peek-step="${step}"]`);
  (button.disabled ? document.querySelector("[data-peek-close]") : button).focus();
}

function closePeek() {
  const panel = document.querySelector("[data-peek-panel]");
  if (!panel) return false;
  const row = rows().find((candidate) => candidate.ariaCurrent === "true");
  const url = new URL(location.href);
  url.searchParams.delete("peek");
  history.replaceState(history.state, "", url);
  panel.remove();
  for (const other of rows()) other.ariaCurrent = null;
  if (row) link(row).focus();
  return true;
}

function pick(row, isRange) {
  if (!row) return;
  const all = rows();
  const state = !box(row).checked;
  const [from, to] = isRange && lastPicked?.isConnected ? [lastPicked, row] : [row, row];
  const [low, high] = [all.indexOf(from), all.indexOf(to)].sort((a, b) => a - b);
  for (const each of all.slice(low, high + 1)) box(each).checked = isRange ? true : state;
  lastPicked = row;
  showSelection();
}

function clearSelection() {
  const picked = rows().filter((row) => box(row).checked);
  for (const row of picked) box(row).checked = false;
  if (everything()) everything().checked = false;
  showSelection();
  return picked.length > 0;
}

function showSelection() {
  const all = rows();
  const picked = all.filter((row) => box(row).checked).length;
  const head = document.querySelector("[data-select-all]");
  if (head)
    [head.checked, head.indeterminate] = [picked > 0 && picked === all.length, picked > 0 && picked < all.length];
  const whole = everything();
  if (whole?.checked && picked < all.length) whole.checked = false;
  for (const place of document.querySelectorAll("[data-total]")) place.textContent = total();
  for (const place of document.querySelectorAll("[data-selected]"))
    place.textContent = whole?.checked ? total() : picked;
}

/** The whole list is selected: the rows that are here show it, and those that come by scrolling too. */
function showEverything() {
  for (const row of rows()) box(row).checked = true;
}

/** All rows that are here; once more: the whole list. */
function pickAll() {
  const all = rows();
  if (everything() && all.every((row) => box(row).checked)) everything().checked = true;
  for (const row of all) box(row).checked = true;
  showSelection();
}

function takeKey(key, event) {
  const row = current();
  const isOnRow = row?.contains(document.activeElement);
  if (takeCellKey(key, event, row, move)) return true;
  switch (key) {
    case "j":
    case "ArrowDown":
      return key === "j" || isOnRow ? (move(1), true) : false;
    case "k":
    case "ArrowUp":
      return key === "k" || isOnRow ? (move(-1), true) : false;
    case "x":
      return (pick(row, event.shiftKey), true);
    case " ":
      return isOnRow && !document.activeElement.matches("input") ? (peek(row), true) : false;
    case "Enter": // in a box it would send the form
      if (!document.activeElement.matches("body, input, .scroll")) return false;
      return row ? (link(row).click(), true) : document.activeElement.matches("input");
    case "e":
      return row ? (location.assign(`${link(row).pathname}?edit=first`), true) : false;
    case "Escape":
      return closePeek() || clearSelection();
  }
  return false;
}

/** Which list this is, wherever in it one stands. */
const address = () => {
  const url = new URL(location.href);
  for (const name of ["peek", "after"]) url.searchParams.delete(name);
  return url.pathname + url.search;
};
let begunAt = new URL(location.href).searchParams.get("after") ?? ""; // of the first row that is here

/** The address says which page of the list is in view: it can be sent, and opened anew. */
function showPlace() {
  const marked = [...document.querySelectorAll("[data-rows] > [data-after]")];
  const top = scroller().getBoundingClientRect?.().top ?? 0;
  const passed = marked.filter((row) => row.getBoundingClientRect().top <= Math.max(top, 0) + row.offsetHeight * 2);
  const after = passed.at(-1)?.dataset.after ?? begunAt;
  const url = new URL(location.href);
  if ((url.searchParams.get("after") ?? "") === after) return;
  if (after) url.searchParams.set("after", after);
  else url.searchParams.delete("after");
  history.replaceState(history.state, "", url);
}

/** Rows that come by scrolling begin a page, which has an address of its own. */
function markPage({ detail }) {
  if (!detail.target.matches?.(".more") || !detail.shouldSwap) return;
  const last = detail.target.previousElementSibling;
  const after = new URL(detail.xhr.responseURL).searchParams.get("after");
  queueMicrotask(() => {
    let first = last?.nextElementSibling;
    while (first && !first.dataset.id) first = first.nextElementSibling;
    if (first && after) first.dataset.after = after;
  });
}
/** What scrolls: the region around the table; on a phone the page. */
const scroller = () => {
  const region = document.querySelector(".list-form > .scroll");
  return getComputedStyle(region).overflowY === "visible" ? document.scrollingElement : region;
};

/** Leave the order of the list to the record page, whose J and K go on in it; and to this one, where it stood. */
function remember() {
  const all = rows();
  const order = all.map((row) => link(row).pathname);
  const more = document.querySelector("[data-rows] > .more a")?.href;
  sessionStorage.setItem("list", JSON.stringify({ from: location.pathname + location.search, order, total: total(), more }));
  const picked = all.filter((row) => box(row).checked).map((row) => row.dataset.id);
  const left = { address: address(), begunAt, count: all.length, top: scrolledTo, picked, focused: lastFocused?.dataset.id };
  sessionStorage.setItem("list-place", JSON.stringify(left));
}

/** Back from a record, or behind an act: the rows that were loaded, where they stood; on the way back selected too. */
async function restore() {
  const left = JSON.parse(sessionStorage.getItem("list-place") ?? "{}");
  const [navigation] = performance.getEntriesByType("navigation");
  const isBack = navigation?.type === "back_forward";
  const isBehindAct = sessionStorage.getItem("list-acted") === left.address;
  sessionStorage.removeItem("list-acted");
  if (left.address !== address() || !(isBack || isBehindAct)) return;
  if (left.count > rows().length || left.begunAt !== begunAt) {
    const url = new URL(address(), location.href);
    url.searchParams.set("size", left.count);
    if (left.begunAt) url.searchParams.set("after", left.begunAt);
    begunAt = left.begunAt;
    await htmx.ajax("GET", url.pathname + url.search, { target: "#rows", swap: "innerHTML" });
  }
  for (const row of rows()) {
    if (isBack && left.picked.includes(row.dataset.id)) box(row).checked = true;
    if (row.dataset.id === left.focused) lastFocused = row;
  }
  setTabStop(lastFocused ?? rows()[0]);
  showSelection();
  document.querySelector(".to-start")?.toggleAttribute("hidden", !begunAt);
  scroller().scrollTop = left.top;
}

/** What a form sends of many rows: one field, for a server bounds their number. Of a whole list: none. */
function joinIds(event) {
  const ids = event.formData.getAll("id");
  event.formData.delete("id");
  if (!event.formData.has("everything")) event.formData.set("ids", ids.join(","));
}

function startSelection(head) {
  document.querySelector("[data-bulk]").addEventListener("formdata", joinIds);
  document.addEventListener("change", (event) => {
    if (event.target === head) for (const row of rows()) box(row).checked = head.checked;
    if (event.target === everything()) (event.target.checked ? showEverything : clearSelection)();
    if (event.target.matches("[data-rows] [name=id]")) lastPicked = event.target.closest("[data-id]");
    if (event.target.matches("[data-select-all], [name=everything], [name=id]")) showSelection();
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Enter" && event.target.matches("input") && event.target.closest("[data-bulk] [popover]");
    if (!menu) return;
    event.preventDefault(); // else the first button of the whole form is pressed, which is that of another menu
    menu.querySelector(".primary")?.click();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-clear-selection]")) {
      event.preventDefault();
      clearSelection();
    } else if (event.shiftKey && event.target.matches("[data-rows] [name=id]")) {
      event.target.checked = !event.target.checked; // `pick` turns it again
      pick(event.target.closest("[data-id]"), true);
    } else if (event.shiftKey && event.target.closest(".who > label")) {
      event.preventDefault();
      pick(event.target.closest("[data-id]"), true);
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "a" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    if (isTyping(event.target) || document.querySelector("dialog[open], [popover]:popover-open")) return;
    event.preventDefault();
    pickAll();
  });
  document.addEventListener("mousedown", (event) => {
    if (event.shiftKey && event.target.closest(".c-sel, .who > label")) event.preventDefault(); // selects no text
  });
}

/** Behind a contact that was added by one line: ready for the next. */
function startQuickAdd() {
  const form = document.querySelector("[data-quick-add]");
  form?.addEventListener("submit", () => sessionStorage.setItem("quick-added", "1"));
  if (sessionStorage.getItem("quick-added")) form?.querySelector("[name=line]").focus();
  sessionStorage.removeItem("quick-added");
  form?.addEventListener("htmx:beforeSwap", (event) => {
    if (!event.detail.xhr.responseText.trim()) event.detail.serverResponse = ""; // nothing typed: no empty box
  });
}

/** What was changed in the preview shows in its row, too. */
function renewRow({ detail }) {
  const { verb, elt } = detail.requestConfig; // the form is gone from the page by now
  if (verb !== "post" || !detail.successful || !elt.closest("[data-editor]")) return;
  const row = rows().find((each) => each.ariaCurrent === "true");
  if (row) htmx.ajax("GET", `${link(row).pathname}row/${location.search}`, { source: row, swap: "none" });
}

/** What a cell has no room for is told over it. */
function showWhole(event) {
  const cell = event.target.closest?.("[data-rows] td");
  if (!cell || cell.title) return;
  const opener = event.target.closest(".to-peek");
  if (opener) opener.title = opener.ariaLabel;
  else if (cell.scrollWidth > cell.clientWidth && !cell.matches(".c-sel, .c-name, .c-tags")) cell.title = cell.textContent;
}

export function startList() {
  startQuickAdd();
  requestAnimationFrame(() => {
    // Now it would be laid out within this script, before its typeface is there, and then once more.
    document.querySelector(".ftabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
  const table = document.querySelector("[data-rows]");
  if (!table) return;
  const head = document.querySelector("[data-select-all]");
  if (head) head.hidden = false;
  let isDue = false;
  const settle = () => {
    isDue = false;
    if (everything()?.checked) showEverything();
    setTabStop(current() ?? (tabStop?.isConnected ? tabStop : rows()[0]));
    showSelection();
  };
  settle();
  document.addEventListener("htmx:afterSettle", () => {
    if (!isDue) requestAnimationFrame(settle); // htmx tells it of every row
    isDue = true;
  });
  onKey(takeKey);
  document.addEventListener("htmx:afterRequest", renewRow);
  startCells();
  startColumns();
  document.addEventListener("mouseover", showWhole);
  startSelection(head);
  document.addEventListener("click", (event) => {
    const step = event.target.closest("[data-peek-step]");
    const opener = event.target.closest(".to-peek");
    if (step) stepPeek(Number(step.dataset.peekStep));
    else if (opener && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      peek(opener.closest("[data-id]"));
    } else if (event.target.closest("[data-peek-close]")) {
      event.preventDefault();
      closePeek();
    }
  });
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-bulk], [data-quick-add]")) sessionStorage.setItem("list-acted", address());
  });
  showPosition();
  restore();
  document.addEventListener("htmx:beforeSwap", markPage);
  let isWaiting = false;
  const follow = () => {
    if (!isWaiting) requestAnimationFrame(() => ((isWaiting = false), (scrolledTo = scroller().scrollTop), showPlace()));
    isWaiting = true;
  };
  document.addEventListener("scroll", follow, true);
  addEventListener("pagehide", remember);
}
