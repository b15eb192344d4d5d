// Opens and closes the navigation on a narrow screen.
export default function burger(button) {
  const side = document.getElementById(button.getAttribute("aria-controls"));
  const isOpener = button.hasAttribute("aria-expanded");
  const set = (isOpen) => {
    side.toggleAttribute("data-open", isOpen);
    document.querySelector("[data-behaviour~=burger][aria-expanded]")?.setAttribute("aria-expanded", isOpen);
  };
  button.addEventListener("click", () => {
    set(!side.hasAttribute("data-open"));
    if (isOpener) side.querySelector("a")?.focus();
    else document.querySelector("[data-behaviour~=burger][aria-expanded]")?.focus();
  });
  if (!isOpener) return;
  document.addEventListener("click", (event) => {
    if (side.hasAttribute("data-open") && !side.contains(event.target) && !button.contains(event.target)) set(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && side.hasAttribute("data-open")) { set(false); button.focus(); }
  });
}
