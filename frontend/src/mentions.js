// @ and the beginning of a name offers the colleagues it may mean: arrows choose, Enter or Tab takes, Esc closes.
// A field is a combobox for as long as its list is open: a screen reader tells how many there are, and each by name.
const BEGUN = /(^|[^\w@/.])@([\p{L}\p{N}._-]{0,40})$/u;
let open = null; // { field, list, at } of the list that is shown
let asked = 0;

const options = () => [...open.list.querySelectorAll("[role=option]")];
const chosen = () => open.list.querySelector("[aria-selected=true]");

function choose(option) {
  for (const other of options()) other.ariaSelected = String(other === option);
  open.field.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const all = options();
  choose(all[(all.indexOf(chosen()) + by + all.length) % all.length]);
}

function close() {
  if (!open) return;
  const { field, list } = open;
  open = null;
  list.replaceChildren();
  list.hidden = true;
  list.nextElementSibling.textContent = "";
  for (const name of ["role", "aria-expanded", "aria-controls", "aria-activedescendant", "aria-haspopup"])
    field.removeAttribute(name);
}

function show(field, list, at) {
  open = { field, list, at };
  list.hidden = false;
  field.setAttribute("role", "combobox");
  field.ariaExpanded = "true";
  field.ariaHasPopup = "listbox";
  field.setAttribute("aria-controls", list.id);
  choose(options()[0]);
}

async function suggest(field) {
  const before = field.value.slice(0, field.selectionStart);
  const begun = BEGUN.exec(before);
  const number = ++asked;
  if (!begun) return close();
  const text = await fetch(`${field.dataset.mentions}?q=${encodeURIComponent(begun[2])}`, {
    headers: { "HX-Request": "true" },
  })
    .then((answer) => (answer.ok && !answer.redirected ? answer.text() : ""))
    .catch(() => "");
  const list = field.parentElement.querySelector("[data-mention-list]");
  if (number !== asked || !list || document.activeElement !== field) return;
  close(); // only now that the next list is whole: one that goes and comes back is told twice
  if (!text) return;
  const page = new DOMParser().parseFromString(text, "text/html");
  list.replaceChildren(...page.querySelectorAll("[role=option]"));
  list.nextElementSibling.textContent = page.querySelector("p")?.textContent ?? "";
  if (list.firstElementChild) show(field, list, before.length - begun[2].length);
}

function take(option) {
  const { field, at } = open;
  const end = field.selectionStart;
  close();
  field.setRangeText(`${option.dataset.name} `, at, end, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

export function startMentions() {
  document.addEventListener("input", ({ target }) => target.matches?.("[data-mentions]") && suggest(target));
  document.addEventListener("focusout", ({ target }) => open?.field === target && setTimeout(close, 150));
  document.addEventListener("mousedown", (event) => {
    const option = open && event.target.closest("[data-mention-list] [role=option]");
    if (!option) return;
    event.preventDefault();
    take(option);
  });
  document.addEventListener(
    "keydown",
    (event) => {
      if (!open || event.target !== open.field || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") step(event.key === "ArrowDown" ? 1 : -1);
      else if (event.key === "Enter" || event.key === "Tab") take(chosen());
      else if (event.key === "Escape") close();
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
    true,
  );
}
