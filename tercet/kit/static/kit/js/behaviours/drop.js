// A field for a file: shows what was chosen, and how much of it has been sent.
export default function drop(label) {
  const input = label.querySelector("input"), name = label.querySelector("[data-name]"), bar = label.querySelector("progress");
  const size = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
  for (const type of ["dragenter", "dragover"]) label.addEventListener(type, () => label.setAttribute("data-over", ""));
  for (const type of ["dragleave", "drop"]) label.addEventListener(type, () => label.removeAttribute("data-over"));
  input.addEventListener("change", () => {
    const file = input.files[0];
    if (file) name.textContent = `${file.name}, ${size(file.size)}`;
  });

  input.form?.addEventListener("submit", (event) => {
    const form = input.form;
    if (!input.files.length || form.hasAttribute("hx-post")) return;
    event.preventDefault();
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.upload.addEventListener("progress", (at) => { bar.hidden = false; bar.value = at.loaded / at.total; });
    request.addEventListener("load", () => arrive(request, form));
    request.addEventListener("error", () => { bar.hidden = true; name.textContent = "No connection. Try again."; });
    request.send(new FormData(form, event.submitter));
  });
}

function arrive(request, form) {
  if (request.responseURL !== form.action) { location.assign(request.responseURL); return; }
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  document.querySelector("main").replaceWith(page.querySelector("main"));
  htmx.process(document.querySelector("main"));
  document.dispatchEvent(new CustomEvent("kit:bind"));
}
