// The search bar by keyboard: arrows walk through what was found, Enter opens it, Esc closes.
const links = (finder) => [...finder.querySelectorAll("[data-found] a")];

function step(finder, by) {
  const all = links(finder);
  const here = all.indexOf(document.activeElement);
  const next = here + by;
  if (next < 0) finder.querySelector("[name=q]").focus();
  else all[Math.min(next, all.length - 1)]?.focus();
}

export function startFinder() {
  document.addEventListener("keydown", (event) => {
    const finder = event.target.closest?.(".finder");
    if (!finder || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape" && !event.target.matches("input")) {
      event.preventDefault();
      event.target.blur();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && links(finder).length) {
      event.preventDefault();
      step(finder, event.key === "ArrowDown" ? 1 : -1);
    }
  });
}
