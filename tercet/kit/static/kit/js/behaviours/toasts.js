// Shows messages that answers bring along; they leave by themselves unless pointed at.
const STAYS = 8000;

export default function toasts(region) {
  const template = region.querySelector("template");

  function leave(toast) {
    let timer;
    const start = () => { timer = setTimeout(() => toast.remove(), STAYS); };
    toast.addEventListener("pointerenter", () => clearTimeout(timer));
    toast.addEventListener("focusin", () => clearTimeout(timer));
    toast.addEventListener("pointerleave", start);
    toast.addEventListener("focusout", start);
    start();
  }

  function show({ text, undo, is_bad }) {
    const toast = template.content.firstElementChild.cloneNode(true);
    toast.querySelector("p").textContent = text;
    if (is_bad) toast.dataset.tone = "bad";
    const form = toast.querySelector("form");
    if (undo) { form.action = undo; form.elements.next.value = location.pathname + location.search; }
    else form.remove();
    region.append(toast);
    leave(toast);
  }

  region.addEventListener("click", (event) => {
    if (event.target.closest("[data-closes]")) event.target.closest(".toast").remove();
  });
  document.addEventListener("kit:toasts", (event) => event.detail.toasts.forEach(show));
  region.querySelectorAll(".toast").forEach(leave);
}
