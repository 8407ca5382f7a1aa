// What is being written is kept in this browser: over a way back, a closed tab, an ended session, a lost connection. It is
// offered again where it was written, to whoever is signed in with the same account, and forgotten once it is saved, once
// they sign out, and after two weeks.
const PREFIX = "draft:";
const KEPT_MS = 14 * 86_400_000;
const account = () => document.body.dataset.account ?? "";
const key = (form) => `${PREFIX}${account()}:${form.dataset.draft}`;
const names = () => Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
const BASES = ["was", "revision"]; // what was changed: if that is another one by now, the server says so
const isOffered = (form, name) => !form.dataset.draftOnly || form.dataset.draftOnly.split(" ").includes(name);
const fields = (form) =>
  [...form.elements].filter(
    (each) =>
      each.name &&
      (BASES.includes(each.name) || !["hidden", "submit", "file", "password"].includes(each.type)) &&
      isOffered(form, each.name),
  );
const isSwitch = (field) => field.type === "radio" || field.type === "checkbox";
const valueOf = (field) => (isSwitch(field) ? field.checked : field.value);

function isChanged(field) {
  if (isSwitch(field)) return field.checked !== field.defaultChecked;
  if (field.matches("select")) return [...field.options].some((each) => each.selected !== each.defaultSelected);
  return field.value !== field.defaultValue;
}

function read(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
}

function write(name, draft) {
  try {
    localStorage.setItem(name, JSON.stringify(draft));
  } catch {
    // the browser's room is full: what is written stays on the page
  }
}

function keep(form) {
  // What is only chosen is no work that could be lost; what is typed is.
  const typed = fields(form).some((field) => !isSwitch(field) && !field.matches("select") && isChanged(field));
  if (!typed) return forget(form);
  const values = fields(form).map((field) => [field.name, field.value, valueOf(field)]);
  write(key(form), { at: Date.now(), values });
}

const forget = (form) => localStorage.removeItem(key(form));
const isRefused = (form) => Boolean(form.querySelector(".err, .notice")); // the server has given it back already

/** Put what was kept back into the form, and say so. */
function offer(form) {
  const draft = read(key(form));
  if (!draft || isRefused(form)) return;
  for (const [name, value, state] of draft.values) {
    const isState = typeof state === "boolean";
    const field = fields(form).find((each) => each.name === name && (!isState || each.value === value));
    if (!field) continue;
    if (isState) field.checked = state;
    else field.value = state;
  }
  const line = document.createElement("div");
  line.className = "kept";
  line.setAttribute("role", "status");
  const discard = document.createElement("button");
  Object.assign(discard, { type: "button", className: "btn ghost sm", textContent: document.body.dataset.textDiscard });
  discard.addEventListener("click", () => {
    forget(form);
    form.reset();
    line.remove();
    fields(form)
      .find((each) => each.type !== "hidden" && each.checkVisibility() && !isSwitch(each))
      ?.focus();
  });
  line.append(document.body.dataset.textKept, discard);
  (form.querySelector("[data-kept-here]") ?? form.querySelector("textarea") ?? form.firstElementChild).before(line);
}

function settle(root) {
  for (const form of root.querySelectorAll?.("form[data-draft]") ?? []) {
    if ("isOffered" in form.dataset) continue;
    form.dataset.isOffered = "";
    offer(form);
  }
}

/** Away with what is too old, and with what was sent by a page before this one and is not asked for again here. */
function tidy() {
  const here = new Set([...document.querySelectorAll("form[data-draft]")].map(key));
  const isInside = Boolean(document.querySelector(".app")); // the log-in page saves nothing
  for (const name of names()) {
    const draft = read(name);
    const isSent = isInside && draft?.isSent && name.startsWith(`${PREFIX}${account()}:`) && !here.has(name);
    if (!draft || isSent || !(draft.at > Date.now() - KEPT_MS)) localStorage.removeItem(name);
  }
}

export function startDrafts() {
  tidy();
  settle(document);
  document.addEventListener("htmx:load", ({ target }) => settle(target.parentElement ?? document));
  document.addEventListener("input", ({ target }) => target.form?.matches("[data-draft]") && keep(target.form));
  // Saved: before the answer comes in, whose empty form would be offered the words again.
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const form = detail.requestConfig.elt?.closest?.("form[data-draft]");
    const isSaved = detail.shouldSwap && detail.xhr.status < 300 && detail.requestConfig.verb === "post";
    if (form && isSaved) forget(form);
  });
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest?.("form[data-draft]");
    if (!form || event.defaultPrevented) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    else if (event.key === "Escape" && form.matches(".composer")) event.target.blur(); // the words stay
  });
  document.addEventListener("click", ({ target }) => {
    const form = target.closest?.("[data-drop-draft]")?.closest("form[data-draft]");
    if (form) forget(form);
  });
  document.addEventListener("submit", ({ target }) => {
    if (target.action?.endsWith("/logout/")) {
      for (const name of names()) if (name.startsWith(`${PREFIX}${account()}:`)) localStorage.removeItem(name);
    } else if (target.matches("form[data-draft]:not([hx-post])")) {
      const draft = read(key(target));
      if (draft) write(key(target), { ...draft, isSent: true });
    }
  });
}
