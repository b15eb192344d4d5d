// Narrows the pages while typing (htmx brings the records) and walks the links with the arrows.
export default function palette(dialog) {
  const input = dialog.querySelector("input");
  const links = () => [...dialog.querySelectorAll(".palette-list a:not([hidden])")];

  function narrow() {
    const words = input.value.trim().toLowerCase();
    for (const section of dialog.querySelectorAll("[data-pages]")) {
      for (const link of section.querySelectorAll("a")) link.hidden = !link.textContent.toLowerCase().includes(words);
      section.hidden = !section.querySelector("a:not([hidden])");
    }
  }

  function step(by) {
    const all = links(), at = all.indexOf(document.activeElement);
    (at + by < 0 ? input : all[Math.min(at + by, all.length - 1)])?.focus();
  }

  input.addEventListener("input", narrow);
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      step(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && event.target === input && links().length) {
      event.preventDefault();
      links()[0].click();
    }
  });
  dialog.addEventListener("close", () => { input.value = ""; document.getElementById("palette-found").replaceChildren(); narrow(); });
}
