// Headings of the list: dragged to another place, made wider at their edge; by keys with Alt and Shift and the arrows.
import { showToast } from "./toasts.js";

const STEP = 16; // CSS pixels a key
const [NARROWEST, WIDEST] = [48, 1200];
const SLACK = 6; // pixels that a press moves before it is a drag
let table = null;

const headings = () => [...table.tHead.rows[0].querySelectorAll("[data-column]")];
const token = () => document.body.dataset.csrf ?? "";

function setWidth(heading, width) {
  // the others keep theirs, else what one gains another loses
  for (const each of headings()) if (!each.style.width) each.style.width = `${each.offsetWidth}px`;
  table.classList.add("chosen");
  heading.style.width = `${Math.max(NARROWEST, Math.min(WIDEST, Math.round(width)))}px`;
}

async function keepWidth(heading) {
  const width = heading.style.width.replace("px", "");
  const said = document.querySelector("[data-width-said]");
  const label = heading.textContent.trim();
  if (width) said.textContent = said.dataset.text.replace("{column}", label).replace("{width}", width);
  const body = new URLSearchParams({ act: "width", column: heading.dataset.column, width });
  const answer = await fetch(table.dataset.columns, { method: "POST", headers: { "X-CSRFToken": token() }, body }).catch(
    () => null,
  );
  if (!answer?.ok) showToast(document.body.dataset.textFailed);
}

/** Have the list show the columns in another order: the page comes anew, with the focus where it was. */
function move(heading, before) {
  const order = headings().filter((each) => each !== heading && each.dataset.column !== "name");
  order.splice(before ? order.indexOf(before) : order.length, 0, heading);
  if (order.every((each, n) => each === headings()[n + 1])) return;
  const form = document.createElement("form");
  form.method = "post";
  form.action = table.dataset.columns;
  const fields = [["csrfmiddlewaretoken", token()], ["act", "show"], ["query", location.search.slice(1)]];
  for (const [name, value] of [...fields, ...order.map((each) => ["column", each.dataset.column])]) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    form.append(field);
  }
  sessionStorage.setItem("column-moved", heading.dataset.column);
  document.body.append(form);
  form.submit();
}

function takeKey(event) {
  const heading = event.target.closest("th[data-column]");
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!heading || !step || event.ctrlKey || event.metaKey || event.altKey === event.shiftKey) return;
  event.preventDefault(); // Alt and an arrow would leave the page
  if (event.shiftKey) {
    setWidth(heading, heading.offsetWidth + step * STEP);
    keepWidth(heading);
  } else if (heading.dataset.column !== "name") {
    const all = headings();
    const at = all.indexOf(heading) + (step > 0 ? 2 : -1);
    if (at > 0) move(heading, all[at]);
  }
}

function startResizing(event, heading) {
  const [from, width] = [event.clientX, heading.offsetWidth];
  event.preventDefault();
  event.target.setPointerCapture(event.pointerId);
  const follow = (moved) => setWidth(heading, width + moved.clientX - from);
  event.target.addEventListener("pointermove", follow);
  event.target.addEventListener(
    "lostpointercapture",
    () => {
      event.target.removeEventListener("pointermove", follow);
      if (heading.style.width) keepWidth(heading);
    },
    { once: true },
  );
}

function startMoving(event, heading) {
  let [isDragged, before] = [false, null];
  const follow = (moved) => {
    if (!isDragged && Math.abs(moved.clientX - event.clientX) < SLACK) return;
    isDragged = true;
    table.classList.add("is-moving");
    heading.classList.add("is-moved");
    const others = headings().filter((each) => each.dataset.column !== "name");
    before = others.find((each) => moved.clientX < each.getBoundingClientRect().left + each.offsetWidth / 2) ?? null;
    for (const each of headings()) each.classList.toggle("is-before", each === before);
    others.at(-1).classList.toggle("is-behind", !before);
  };
  const end = (ended) => {
    removeEventListener("pointermove", follow);
    removeEventListener("pointerup", end);
    removeEventListener("pointercancel", end);
    table.classList.remove("is-moving");
    for (const each of headings()) each.classList.remove("is-moved", "is-before", "is-behind");
    if (!isDragged) return;
    addEventListener("click", (click) => click.preventDefault(), { capture: true, once: true }); // it is no click
    setTimeout(() => ended.type === "pointerup" && before !== heading && move(heading, before));
  };
  addEventListener("pointermove", follow);
  addEventListener("pointerup", end);
  addEventListener("pointercancel", end);
}

export function startColumns() {
  table = document.querySelector("table[data-columns]");
  if (!table) return;
  for (const heading of headings()) {
    const grip = document.createElement("span");
    grip.className = "grip";
    grip.ariaHidden = "true";
    heading.append(grip);
    const stop = heading.querySelector("a") ?? heading;
    if (stop === heading) heading.tabIndex = 0;
    stop.setAttribute("aria-keyshortcuts", "Alt+ArrowLeft Alt+ArrowRight Shift+ArrowLeft Shift+ArrowRight");
    if (heading.dataset.column === sessionStorage.getItem("column-moved")) stop.focus();
  }
  sessionStorage.removeItem("column-moved");
  const head = table.tHead;
  head.addEventListener("dragstart", (event) => event.preventDefault());
  head.addEventListener("keydown", takeKey);
  head.addEventListener("pointerdown", (event) => {
    const heading = event.target.closest("[data-column]");
    if (!heading || event.button !== 0) return;
    if (event.target.matches(".grip")) startResizing(event, heading);
    else if (heading.dataset.column !== "name") startMoving(event, heading);
  });
  head.addEventListener("dblclick", (event) => {
    if (!event.target.matches(".grip")) return;
    const heading = event.target.closest("[data-column]");
    heading.removeAttribute("style");
    keepWidth(heading);
  });
}
