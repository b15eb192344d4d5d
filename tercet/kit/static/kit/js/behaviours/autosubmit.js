// Sends a form of filters when something in it changes; text after a short rest.
export default function autosubmit(form) {
  let timer;
  form.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (event.target.matches("[type=search], [type=text]")) timer = setTimeout(() => form.requestSubmit(), 300);
  });
  // Fields that say nothing stay out of the address.
  form.addEventListener("htmx:config:request", (event) => {
    const { body } = event.detail.ctx.request;
    for (const [key, value] of [...body]) if (value === "") body.delete(key);
  });
  form.addEventListener("change", (event) => {
    if (!event.target.matches("[type=search], [type=text]")) form.requestSubmit();
  });
}
