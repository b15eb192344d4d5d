// Copies data-text, and says that it did.
export default function copy(button) {
  const label = button.querySelector("span"), before = label.textContent;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.text);
    label.textContent = "Copied";
    setTimeout(() => { label.textContent = before; }, 2000);
  });
}
