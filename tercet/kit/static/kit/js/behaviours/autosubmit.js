// Sends a form of filters when something in it changes; text after a short rest.
export default function autosubmit(form) {
  let timer;
  form.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (event.target.matches("[type=search], [type=text]")) timer = setTimeout(() => form.requestSubmit(), 300);
  });
  form.addEventListener("change", (event) => {
    if (!event.target.matches("[type=search], [type=text]")) form.requestSubmit();
  });
}
