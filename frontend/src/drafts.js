// What is being written is kept for as long as the tab lives: over a way back, an ended session, a lost connection. It is
// offered again where it was written, to whoever is signed in as the same person, and forgotten once it is saved.
const PREFIX = "draft:";
const person = () => document.body.dataset.person ?? "";
const key = (form) => `${PREFIX}${person()}:${form.dataset.draft}`;
const fields = (form) => [...form.elements].filter((each) => each.name && each.type !== "hidden" && each.type !== "submit");
const words = (form) => form.querySelector("textarea");

function valueOf(field) {
  if (field.type === "radio" || field.type === "checkbox") return field.checked;
  return field.value;
}

function keep(form) {
  if (words(form).value === words(form).defaultValue) return sessionStorage.removeItem(key(form));
  const values = fields(form).map((field) => [field.name, field.value, valueOf(field)]);
  sessionStorage.setItem(key(form), JSON.stringify(values));
}

function kept(form) {
  try {
    return JSON.parse(sessionStorage.getItem(key(form)));
  } catch {
    return null;
  }
}

/** Put what was kept back into the form, and say so. */
function offer(form) {
  const values = kept(form);
  if (!values || form.querySelector(".err, .notice")) return; // the server has given it back already
  for (const [name, value, state] of values) {
    const field = fields(form).find((each) => each.name === name && (typeof state !== "boolean" || each.value === value));
    if (!field) continue;
    if (typeof state === "boolean") field.checked = state;
    else field.value = state;
  }
  const line = document.createElement("div");
  line.className = "kept";
  line.setAttribute("role", "status");
  const discard = document.createElement("button");
  Object.assign(discard, { type: "button", className: "btn ghost sm", textContent: form.dataset.textDiscard });
  discard.addEventListener("click", () => {
    forget(form);
    form.reset();
    line.remove();
    words(form).focus();
  });
  line.append(form.dataset.textKept, discard);
  words(form).before(line);
}

const forget = (form) => sessionStorage.removeItem(key(form));

function settle(root) {
  for (const form of root.querySelectorAll?.("form[data-draft]") ?? []) {
    if ("isOffered" in form.dataset) continue;
    form.dataset.isOffered = "";
    offer(form);
  }
}

export function startDrafts() {
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
    else if (event.key === "Escape") event.target.blur(); // the words stay
  });
  document.addEventListener("click", ({ target }) => {
    const form = target.closest?.("[data-drop-draft]")?.closest("form[data-draft]");
    if (form) forget(form);
  });
  document.addEventListener("submit", ({ target }) => {
    if (!target.action?.endsWith("/logout/")) return;
    for (const name of Object.keys(sessionStorage)) if (name.startsWith(PREFIX)) sessionStorage.removeItem(name);
  });
}
