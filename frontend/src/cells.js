// Cells of the list: one is marked by the arrows, and edited where it stands by Enter, F2 or two clicks.
import { htmx } from "./requests.js";

const SHOWN_MS = 2000;
const place = () => document.getElementById("cell-place");
const editor = () => place()?.querySelector("[data-cell-editor]");
const rowOf = (id) => document.querySelector(`[data-rows] > [data-id="${id}"]`);
const heading = (cell) => cell.closest("table").tHead.rows[0].cells[cell.cellIndex];
const isShown = (cell) => cell.offsetParent !== null && !cell.matches(".c-sel, .c-name");
const isChanged = (form) => form.elements.value.value !== (form.dataset.started ?? "");
let edited = null; // the row's id and the column's place of what the editor is laid over
let following = null; // what is done once it is saved
let pencil = null;

export const markedCell = () => document.activeElement?.closest?.("[data-rows] > [data-id] > td:focus") ?? null;

function canEdit(cell) {
  const row = cell.parentElement;
  return heading(cell)?.dataset.edits !== undefined && !row.querySelector("[data-readonly]") && !("fixed" in cell.dataset);
}

export function markCell(cell) {
  cell.tabIndex = -1;
  cell.focus({ preventScroll: true });
  cell.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/** The next cell of the row that way, null at its end. */
function beside(cell, step, suits = isShown) {
  let next = cell;
  do next = step > 0 ? next.nextElementSibling : next.previousElementSibling;
  while (next && !suits(next));
  return next;
}

/** Takes a key for the marked cell, or for the row whose name has the focus; `move` marks another row. */
export function takeCellKey(key, event, row, move) {
  const cell = markedCell();
  const name = row?.querySelector(".who > a");
  const isOnName = name && name === document.activeElement;
  if (key === "ArrowRight" && (cell || isOnName)) {
    const next = beside(cell ?? name.closest("td"), 1);
    if (next) markCell(next);
    return true;
  }
  if (key === "ArrowLeft" && cell) {
    const next = beside(cell, -1);
    if (next) markCell(next);
    else name.focus();
    return true;
  }
  if (key === "F2" && isOnName) {
    const first = beside(name.closest("td"), 1, (each) => isShown(each) && canEdit(each));
    return first ? (edit(first), true) : false;
  }
  if (!cell) return false;
  if (key === "Enter" || key === "F2" || key === "e") {
    if (canEdit(cell)) edit(cell);
    else if (key === "Enter") name.click();
    return true;
  }
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[key];
  if (!step) return false;
  move(step);
  below(cell, step);
  return true;
}

function below(cell, step) {
  let row = cell.parentElement;
  do row = step > 0 ? row.nextElementSibling : row.previousElementSibling;
  while (row && !row.dataset.id);
  markCell((row ?? cell.parentElement).cells[cell.cellIndex]);
}

const find = ({ id, at }) => rowOf(id)?.cells[at];

/** Open the editor of a cell; one that is open is saved first. */
async function edit(cell) {
  const wanted = { id: cell.parentElement.dataset.id, at: cell.cellIndex };
  const form = editor();
  if (form && isChanged(form)) return save(form, () => find(wanted) && edit(find(wanted)));
  close();
  edited = wanted;
  cell.classList.add("is-edited");
  const column = encodeURIComponent(heading(cell).dataset.column);
  const path = cell.parentElement.querySelector(".who > a").pathname;
  await htmx.ajax("GET", `${path}cells/${column}/${location.search}`, { target: "#cell-place", swap: "innerHTML" });
}

function put() {
  const cell = edited && find(edited);
  const form = editor();
  if (!cell || !form) return;
  const { left, top, width } = cell.getBoundingClientRect();
  form.style.minWidth = `${Math.max(width, 256)}px`;
  form.style.left = `${Math.max(8, Math.min(left, innerWidth - form.offsetWidth - 8))}px`;
  form.style.top = `${Math.max(8, Math.min(top, innerHeight - form.offsetHeight - 8))}px`;
}

function close() {
  document.querySelector(".is-edited")?.classList.remove("is-edited");
  place()?.replaceChildren();
  edited = null;
}

function save(form, next) {
  following = next;
  form.dataset.isLeaving = "";
  form.requestSubmit();
}

/** Leave the editor for what comes next; what was typed is saved. */
function leaveFor(form, next) {
  if (isChanged(form) || form.querySelector(".err")) return save(form, next);
  const cell = find(edited);
  close();
  next(cell);
}

function saved() {
  const was = edited;
  const cell = was && find(was);
  const next = following;
  following = null;
  close();
  if (!cell) return;
  cell.classList.add("is-saved");
  setTimeout(() => cell.classList.remove("is-saved"), SHOWN_MS);
  if (next) next(cell);
  else if (document.activeElement === document.body) markCell(cell);
}

function leave(form) {
  if (!form.isConnected || "isLeaving" in form.dataset || form.contains(document.activeElement)) return;
  if (!document.hasFocus() || form.querySelector(".notice")) return; // another window; which one stays is picked
  if (isChanged(form)) save(form, null);
  else if (!form.querySelector(".err")) close();
}

function takeEditorKey(event) {
  const form = event.target.closest("[data-cell-editor]");
  if (!form || event.isComposing) return;
  if (event.key === "Escape") {
    event.preventDefault();
    const cell = find(edited);
    close();
    if (cell) markCell(cell);
  } else if (event.key === "Enter" && event.target.matches("[name=value]")) {
    event.preventDefault();
    leaveFor(form, (cell) => below(cell, 1));
  } else if (event.key === "Tab" && event.target.matches("[name=value]") && !form.querySelector(".notice")) {
    const next = beside(find(edited), event.shiftKey ? -1 : 1, (each) => isShown(each) && canEdit(each));
    if (!next) return;
    event.preventDefault();
    const at = next.cellIndex;
    leaveFor(form, (cell) => edit(cell.parentElement.cells[at]));
  }
}

/** The way in for a pointer, in the cell that it is over. */
function showPencil(event) {
  const cell = event.target.closest?.("[data-rows] > [data-id] > td");
  if (!pencil || pencil.parentElement === cell) return;
  if (cell && isShown(cell) && canEdit(cell)) cell.append(pencil);
  else pencil.remove();
}

export function startCells() {
  if (!place()) return;
  pencil = document.getElementById("cell-pencil")?.content.firstElementChild.cloneNode(true);
  if (matchMedia("(hover: hover)").matches) document.addEventListener("mouseover", showPencil);
  document.addEventListener("dblclick", (event) => {
    const cell = event.target.closest("[data-rows] > [data-id] > td");
    if (cell && isShown(cell) && canEdit(cell) && !event.target.closest("a")) edit(cell);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest(".cell-pencil")) edit(event.target.closest("td"));
    if (!event.target.closest("[data-discard-cell]")) return;
    const cell = find(edited);
    close();
    if (cell) markCell(cell);
  });
  place().addEventListener("htmx:load", () => {
    const form = editor();
    if (!form) return;
    form.dataset.started ??= form.querySelector("[name=value]").value;
    put();
    const field = form.querySelector(".notice button") ?? form.elements.value;
    field.focus();
    field.select?.();
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target.closest?.("[data-cell-editor]");
    if (!form || event.detail.requestConfig.verb !== "post") return;
    if (event.detail.successful) saved();
    else {
      following = null;
      delete form.dataset.isLeaving; // the typed text stays
    }
  });
  document.addEventListener("focusout", (event) => {
    const form = event.target.closest?.("[data-cell-editor]");
    if (form) setTimeout(() => leave(form));
  });
  document.addEventListener("keydown", takeEditorKey);
  document.addEventListener("scroll", put, true);
  addEventListener("resize", put);
}
