// Where files are dropped: shows that it would take them, and which ones it has.
export function startDropzones() {
  for (const zone of document.querySelectorAll("[data-dropzone]")) {
    const input = zone.querySelector("input[type=file]");
    const names = zone.querySelector("[data-files]");
    for (const type of ["dragenter", "dragover"]) zone.addEventListener(type, () => zone.classList.add("is-over"));
    for (const type of ["dragleave", "drop"]) zone.addEventListener(type, () => zone.classList.remove("is-over"));
    input.addEventListener("change", () => {
      names.replaceChildren(
        ...[...input.files].map((file) => {
          const chip = document.createElement("span");
          chip.className = "filechip";
          chip.textContent = file.name;
          return chip;
        }),
      );
    });
  }
}
