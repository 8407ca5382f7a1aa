// Dialogs open by name. Menus are popovers, which the browser opens itself; where it cannot anchor them, we place them.
const isPhone = matchMedia("(max-width: 720px)"); // there, menus are sheets at the foot
const canAnchor = CSS.supports("position-area", "block-end");

function placeBeside(menu, button) {
  const { left, right, top, bottom } = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = bottom + height < innerHeight && !menu.classList.contains("menu--up");
  const x = menu.classList.contains("menu--start") || right - width < 8 ? left : right - width;
  menu.style.left = `${Math.max(8, Math.min(x, innerWidth - width - 8))}px`;
  menu.style.top = `${below ? bottom : Math.max(8, top - height)}px`;
  menu.style.position = "fixed";
}

function focusFirst(menu) {
  menu.querySelector("input:not([type=hidden]), select, .mi, .it")?.focus();
}

export function startDialogs() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open-dialog]");
    if (opener) document.getElementById(opener.dataset.openDialog)?.showModal();
    const item = event.target.closest("[popover] :is(button:not([hx-post]), a)");
    if (item && !item.closest("label, .field")) item.closest(":popover-open")?.hidePopover();
  });
  document.addEventListener(
    "toggle",
    (event) => {
      const menu = event.target;
      if (!menu.matches?.("[popover]") || event.newState !== "open") return;
      const button = document.querySelector(`[popovertarget="${menu.id}"]`);
      if (!canAnchor && !isPhone.matches && button) placeBeside(menu, button);
      focusFirst(menu);
    },
    true,
  );
  document.addEventListener("htmx:afterSettle", ({ target }) => {
    if (target.matches(".menu:popover-open") && document.activeElement === document.body) focusFirst(target);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
  });
}
