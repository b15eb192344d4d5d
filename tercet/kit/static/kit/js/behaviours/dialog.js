// A dialog that any [data-opens=its-id] opens, and a click outside or [data-closes] closes.
export default function dialog(element) {
  document.addEventListener("click", (event) => {
    if (!event.target.closest(`[data-opens="${element.id}"]`)) return;
    event.target.closest("details")?.removeAttribute("open");
    if (!element.open) element.showModal();
  });
  element.addEventListener("click", (event) => {
    if (event.target === element || event.target.closest("[data-closes]")) element.close();
  });
}
