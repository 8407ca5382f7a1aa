// The calendar by pointer and keyboard: events are dragged, stretched and opened in place; an empty hour makes one.
// What was moved is sent as minutes; the server answers with the page anew, so both always say the same.
import { onKey } from "./keys.js";
import { htmx } from "./requests.js";

const SNAP = 15; // minutes
const DAY = 1440;
const SLOP = 5; // pixels that a hand trembles
const HOLD_MS = 400; // a finger that stays so long takes what is below; a shorter one scrolls
const REST_MS = 500; // after the last key, what was moved is sent

const page = () => document.querySelector("[data-calendar]");
const hours = () => document.querySelector("[data-hours]");
const columns = () => [...document.querySelectorAll(".dc")];
const isTeam = () => Boolean(document.querySelector(".week.is-team"));
const snapped = (minutes) => Math.round(minutes / SNAP) * SNAP;
const hourHeight = () => (columns().find((each) => each.clientHeight)?.clientHeight ?? 0) / 24; // a phone shows one
const clock = (minutes) => {
  const time = Math.max(0, Math.min(minutes, DAY));
  return `${String(Math.floor(time / 60)).padStart(2, "0")}:${String(time % 60).padStart(2, "0")}`;
};

let grip = null; // what is held
let hasDragged = false; // the click that follows is none
let waiting = null; // what was moved by keys and is not sent yet

/** Where an event stands, in minutes from midnight, and how long it is drawn. */
const placeOf = (element) => ({
  start: Math.round(Number(element.style.getPropertyValue("--t")) * 60),
  length: Math.round(Number(element.style.getPropertyValue("--d")) * 60),
});

function show(element, place, { by, longer }) {
  if ("bar" in element.dataset) return;
  const minutes = by - Math.round(by / DAY) * DAY;
  element.style.setProperty("--t", (place.start + minutes) / 60);
  element.style.setProperty("--d", Math.max(SNAP, place.length + longer) / 60);
  const time = element.querySelector("time");
  if (time) time.textContent = longer ? `– ${clock(place.start + place.length + longer)}` : clock(place.start + minutes);
}

function put(element, place, translate = "") {
  element.classList.remove("is-moving");
  element.style.translate = translate;
  show(element, place, { by: 0, longer: 0 });
}

/** Which occurrences of a series are meant; "" where somebody thought better of it. */
function askScope() {
  const dialog = document.querySelector("[data-scope-dialog]");
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true });
  });
}

/** Send how far something was moved; whatever comes of it, the page shows what the server has. */
async function send(element, place, { by, longer }) {
  const { move: url, at } = element.dataset;
  const scope = at ? await askScope() : "all";
  if (!scope || (!by && !longer)) return put(element, place);
  const top = hours()?.scrollTop;
  const isFocused = element === document.activeElement || document.activeElement === document.body;
  element.setAttribute("aria-busy", "true");
  try {
    await htmx.ajax("POST", url, { target: "#calendar", swap: "outerHTML", values: { at, by, longer, scope } });
  } finally {
    if (element.isConnected) put(element, place); // it failed, and a message says so
    element.removeAttribute("aria-busy");
  }
  if (hours() && top !== undefined) hours().scrollTop = top;
  const again = [...document.querySelectorAll(`[data-move="${url}"]`)];
  if (isFocused) (again.find((each) => each.dataset.at === at) ?? again[0])?.focus();
}

// Dragging

const columnAt = (x) =>
  columns().findIndex((column) => {
    const { left, right } = column.getBoundingClientRect();
    return x >= left && x < right;
  });
const cellAt = (x, y) => document.elementsFromPoint(x, y).find((each) => each.matches(".mc"));
const daysBetween = (from, to) => Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);

function take(event) {
  const element = event.target.closest?.("[data-move]");
  if (!element || event.button !== 0 || grip) return;
  const isBar = "bar" in element.dataset;
  grip = {
    element,
    isBar,
    place: placeOf(element),
    isStretch: Boolean(event.target.closest(".grip")),
    x: event.clientX,
    y: event.clientY,
    column: columnAt(event.clientX),
    cell: cellAt(event.clientX, event.clientY),
    pointer: event.pointerId,
    isHeld: false,
    by: 0,
    longer: 0,
  };
  if (event.pointerType === "touch") grip.timer = setTimeout(hold, HOLD_MS);
}

function hold() {
  if (!grip) return;
  grip.isHeld = true;
  grip.element.classList.add("is-moving");
  navigator.vibrate?.(10);
}

function drag(event) {
  if (drawn) return draw(event);
  if (!grip || event.pointerId !== grip.pointer) return;
  const [dx, dy] = [event.clientX - grip.x, event.clientY - grip.y];
  if (!grip.isHeld) {
    if (Math.hypot(dx, dy) < SLOP) return;
    if (grip.timer) return release(); // a finger that scrolls
    hold();
  }
  const { element, place, isBar } = grip;
  if (grip.cell) return dragInMonth(event, dx, dy);
  const column = columnAt(event.clientX);
  const days = column < 0 || grip.column < 0 || isTeam() ? 0 : column - grip.column;
  const minutes = isBar ? 0 : snapped((dy / hourHeight()) * 60);
  if (grip.isStretch) grip.longer = Math.max(minutes, SNAP - place.length);
  else grip.by = days * DAY + Math.max(-place.start, Math.min(minutes, DAY - SNAP - place.start));
  show(element, place, grip);
  const width = columns()[0]?.getBoundingClientRect().width ?? 0;
  element.style.translate = grip.isStretch ? "" : `${days * width}px 0`;
}

function dragInMonth(event, dx, dy) {
  grip.element.style.translate = `${dx}px ${dy}px`;
  const cell = cellAt(event.clientX, event.clientY);
  for (const each of document.querySelectorAll(".mc.is-target")) each.classList.remove("is-target");
  cell?.classList.add("is-target");
  grip.by = cell ? daysBetween(grip.cell.dataset.day, cell.dataset.day) * DAY : 0;
}

function drop(event) {
  if (drawn) return make(event);
  if (!grip || event.pointerId !== grip.pointer) return;
  const { element, place, isHeld, by, longer } = grip;
  clearTimeout(grip.timer);
  grip = null;
  for (const each of document.querySelectorAll(".mc.is-target")) each.classList.remove("is-target");
  if (!isHeld) return;
  hasDragged = true;
  setTimeout(() => (hasDragged = false));
  if (by || longer) {
    element.classList.remove("is-moving");
    send(element, place, { by, longer });
  } else put(element, place);
}

function release() {
  if (!grip) return;
  clearTimeout(grip.timer);
  put(grip.element, grip.place);
  grip = null;
}

// An empty hour

let drawn = null; // a span that is being drawn

const minuteAt = (column, y) => ((y - column.getBoundingClientRect().top) / hourHeight()) * 60;

function beginDrawing(event) {
  const column = event.target;
  if (!column.matches?.(".dc") || event.button !== 0 || event.pointerType === "touch") return;
  if (!page().dataset.new || isTeam()) return;
  const start = Math.floor(minuteAt(column, event.clientY) / 30) * 30;
  drawn = { column, start, end: start + 60, y: event.clientY, slot: document.createElement("div") };
  drawn.slot.className = "drawn-slot";
  column.append(drawn.slot);
  draw(event);
}

function draw(event) {
  if (Math.abs(event.clientY - drawn.y) > SLOP) {
    const minute = Math.min(snapped(minuteAt(drawn.column, event.clientY)), DAY);
    drawn.end = Math.max(drawn.start + SNAP, minute);
  }
  drawn.slot.style.setProperty("--t", drawn.start / 60);
  drawn.slot.style.setProperty("--d", (drawn.end - drawn.start) / 60);
  drawn.slot.textContent = `${clock(drawn.start)} – ${clock(drawn.end)}`;
}

async function make() {
  const { column, start, end, slot } = drawn;
  drawn = null;
  await openNew(column.dataset.day, start, end);
  slot.remove();
}

function openNew(day, start, end) {
  const asked = new URLSearchParams({ start_on: day, start_at: clock(start), end_on: day, end_at: clock(Math.min(end, DAY - 1)) });
  return open(`${page().dataset.new}?${asked}`);
}

// Opening

async function open(url) {
  const dialog = document.querySelector("[data-entry-dialog]");
  await htmx.ajax("GET", url, { target: "#event-dialog", swap: "innerHTML" });
  if (dialog.childElementCount && !dialog.open) dialog.showModal();
}

function click(event) {
  if (hasDragged) {
    event.preventDefault();
    hasDragged = false;
    return;
  }
  const link = event.target.closest("a[data-entry]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
    event.preventDefault();
    open(link.href);
  } else if (event.target.matches(".dc") && event.pointerType === "touch" && page().dataset.new && !isTeam()) {
    const start = Math.floor(minuteAt(event.target, event.clientY) / 30) * 30;
    openNew(event.target.dataset.day, start, start + 60);
  }
}

// Keys

function moveByKey(event) {
  const element = event.target.closest?.("[data-move]");
  if (!element || !event.altKey || event.ctrlKey || event.metaKey || !event.key.startsWith("Arrow")) return;
  event.preventDefault(); // Alt and an arrow would leave the page
  const isBar = "bar" in element.dataset;
  const isAcross = event.key === "ArrowLeft" || event.key === "ArrowRight";
  const sign = event.key === "ArrowUp" || event.key === "ArrowLeft" ? -1 : 1;
  const inMonth = Boolean(element.closest(".mc"));
  const step = sign * (isAcross ? DAY : inMonth ? 7 * DAY : isBar ? 0 : SNAP);
  waiting ??= { element, place: placeOf(element), by: 0, longer: 0 };
  if (event.shiftKey) waiting.longer = Math.max(waiting.longer + step, isBar ? -365 * DAY : SNAP - waiting.place.length);
  else waiting.by += step;
  show(element, waiting.place, waiting);
  clearTimeout(waiting.timer);
  waiting.timer = setTimeout(sendWaiting, REST_MS);
}

function sendWaiting() {
  if (!waiting) return;
  const { element, place, by, longer, timer } = waiting;
  clearTimeout(timer);
  waiting = null;
  if (element.isConnected) send(element, place, { by, longer });
}

const tasks = () => [...document.querySelectorAll("[data-task]")];

function taskKey(key) {
  const all = tasks();
  const here = all.findIndex((task) => task.contains(document.activeElement));
  if (key === "j" || key === "k") {
    const next = here < 0 ? 0 : Math.max(0, Math.min(all.length - 1, here + (key === "j" ? 1 : -1)));
    all[next]?.querySelector("a").focus();
    return all.length > 0;
  }
  if (key === "d" && here >= 0) {
    following = here;
    all[here].querySelector("[data-done]")?.click();
    return true;
  }
  return false;
}

let following = -1; // the place in the list of what was done: the focus goes to what stands there now

function startTasks() {
  onKey(taskKey);
  document.addEventListener("htmx:afterSettle", () => {
    if (following < 0 || document.activeElement !== document.body) return;
    const all = tasks();
    all[Math.min(following, all.length - 1)]?.querySelector("a").focus();
    following = -1;
  });
}

/** The hours that most days have, or those before where something begins earlier. */
function scrollToDay() {
  const region = hours();
  if (!region) return;
  const first = Number(page().dataset.firstHour) * hourHeight() - 10; // with its label
  const shown = [...document.querySelectorAll(".evt")].filter((each) => each.offsetParent);
  const earliest = Math.min(first, ...shown.map((each) => each.offsetTop - 6));
  if (getComputedStyle(region).overflowY !== "visible") region.scrollTop = earliest;
  else scrollTo(0, earliest);
}

/** A minute later, by whatever clock the page was drawn. */
function tick() {
  for (const line of document.querySelectorAll(".now"))
    line.style.setProperty("--t", Number(line.style.getPropertyValue("--t")) + 1 / 60);
}

export function startCalendar() {
  if (document.querySelector("[data-tasks]")) startTasks();
  if (!page()) return;
  scrollToDay();
  setInterval(tick, 60_000);
  document.addEventListener("pointerdown", take);
  document.addEventListener("pointerdown", beginDrawing);
  document.addEventListener("pointermove", drag);
  document.addEventListener("pointerup", drop);
  document.addEventListener("pointercancel", release);
  // Once a finger holds something the page must not scroll below it.
  document.addEventListener("touchmove", (event) => grip?.isHeld && event.preventDefault(), { passive: false });
  document.addEventListener("contextmenu", (event) => grip?.isHeld && event.preventDefault());
  document.addEventListener("click", click);
  document.addEventListener("keydown", moveByKey);
  document.addEventListener("keydown", (event) => event.key === "Escape" && release());
  document.addEventListener("focusout", (event) => waiting?.element === event.target && sendWaiting());
  document.querySelector("[data-entry-dialog]")?.addEventListener("close", ({ target }) => target.replaceChildren());
}
