// The side panel: a record over its list, with its own address. Escape and Back close it.
export default function panel(element) {
  let under = null, shown = null, opener = null;
  const isOpen = () => element.hasChildNodes();
  const here = () => location.pathname + location.search;
  const isOurs = (source) => source?.getAttribute?.("hx-target") === "#panel";

  function empty() {
    element.replaceChildren();
    document.querySelector("tr[data-open]")?.removeAttribute("data-open");
    if (opener?.isConnected) opener.focus();
  }
  const close = () => (under ? history.back() : empty());

  document.addEventListener("htmx:before:history:update", (event) => {
    const { history: action, sourceElement } = event.detail;
    if (!isOurs(sourceElement)) { under = null; element.replaceChildren(); return; }
    if (isOpen()) action.type = "replace";
    else { under = here(); opener = sourceElement; }
    shown = action.path;
  });
  document.addEventListener("htmx:before:history:restore", (event) => {
    if (!under || (event.detail.path !== under && event.detail.path !== shown)) return;
    event.preventDefault();
    if (event.detail.path === under) empty();
    else htmx.ajax("GET", shown, { target: "#panel" });
  });
  document.addEventListener("htmx:after:swap", (event) => {
    if (event.detail.ctx?.target !== element || !isOpen()) return;
    document.querySelector("tr[data-open]")?.removeAttribute("data-open");
    document.querySelector(`tr:has(a[href="${CSS.escape(shown ?? "")}"])`)?.setAttribute("data-open", "");
    element.focus();
    element.scrollTop = 0;
  });
  element.addEventListener("click", (event) => {
    if (event.target.closest("[data-closes]")) { event.preventDefault(); close(); }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isOpen() && !document.querySelector("dialog[open], details.menu-box[open]")) close();
  });
}
