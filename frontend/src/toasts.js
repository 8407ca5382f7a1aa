// Messages at the foot of the page. They leave after eight seconds unless the pointer or the focus holds them.
const place = () => document.getElementById("toasts");

function arm(toast) {
  if (toast.classList.contains("is-timed")) return;
  toast.classList.add("is-timed");
  toast.querySelector("[data-close]")?.removeAttribute("hidden");
  // Nobody is rushed where motion is off: then the timer does not run and the message stays until it is closed.
  toast.querySelector(".timer")?.addEventListener("animationend", () => toast.remove());
}

/** Show `text`, with a way to sign in where that is what it takes; for what the server cannot say itself. */
export function showToast(text, { signIn = false } = {}) {
  const template = document.getElementById("toast-template");
  const toast = template.content.firstElementChild.cloneNode(true);
  toast.querySelector("[data-text]").textContent = text;
  if (signIn) toast.querySelector("[data-sign-in]").hidden = false;
  place().append(toast);
}

/** Take back what the newest message offers to undo. */
export function undoNewest() {
  const offers = place().querySelectorAll("[data-undo]");
  offers[offers.length - 1]?.click();
}

export function startToasts() {
  const toasts = place();
  if (!toasts) return;
  toasts.addEventListener("click", (event) => event.target.closest("[data-close]")?.closest("[data-toast]").remove());
  new MutationObserver(() => toasts.querySelectorAll("[data-toast]").forEach(arm)).observe(toasts, { childList: true });
  toasts.querySelectorAll("[data-toast]").forEach(arm);
}
