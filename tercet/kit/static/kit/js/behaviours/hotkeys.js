// Keys for those who want them: data-hotkey="g w" is clicked, a field focused, a dialog opened.
export default function hotkeys() {
  let before = "", since = 0;
  document.addEventListener("keydown", (event) => {
    if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open(document.getElementById("palette"));
      return;
    }
    if (event.metaKey || event.ctrlKey || event.altKey || event.target.closest("input, textarea, select, [contenteditable], dialog")) return;
    const chord = event.timeStamp - since < 1000 && before ? `${before} ${event.key}` : event.key;
    const target = find(chord) ?? find(event.key);
    before = event.key;
    since = event.timeStamp;
    if (target) { event.preventDefault(); use(target); before = ""; }
    else if (event.key === "j" || event.key === "k") move(event.key === "j" ? 1 : -1);
  });
}

const find = (keys) => document.querySelector(`[data-hotkey="${CSS.escape(keys).replaceAll("\\ ", " ")}"]`);
const open = (dialog) => dialog && !dialog.open && dialog.showModal();

function use(target) {
  if (target.matches("dialog")) open(target);
  else if (target.matches("input, textarea")) { target.focus(); target.select(); }
  else target.click();
}

function move(by) {
  const links = [...document.querySelectorAll("main .row-link")];
  const at = links.indexOf(document.activeElement);
  links[at < 0 ? 0 : Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
}
