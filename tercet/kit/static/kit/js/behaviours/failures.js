// Says so when an answer fails, and shows that a request is under way.
export default function failures() {
  const bar = document.getElementById("loading-bar");
  const say = (text) =>
    document.dispatchEvent(new CustomEvent("kit:toasts", { detail: { toasts: [{ text, is_bad: true }] } }));
  let underWay = 0;
  const count = (by) => { underWay = Math.max(0, underWay + by); bar.toggleAttribute("data-on", underWay > 0); };

  document.addEventListener("htmx:before:request", () => count(1));
  document.addEventListener("htmx:finally:request", () => count(-1));
  document.addEventListener("htmx:response:error", (event) => {
    const { status, headers } = event.detail.ctx.response;
    if (status === 422) return; // The answer itself says what is wrong.
    const number = headers.get("X-Request-Id");
    const what = status === 403 ? "You may not do that." : status === 404 ? "That is not there any more." : "That did not work.";
    say(`${what} Nothing was changed.${number ? ` Request number ${number}.` : ""}`);
  });
  document.addEventListener("htmx:error", (event) => {
    if (event.detail.error?.name === "TypeError") say("No connection. Nothing was changed; try again.");
  });
  // A whole page in answer to a part is a page to go to: the session has ended.
  document.addEventListener("htmx:after:request", (event) => {
    const { ctx } = event.detail;
    const isPage = /^\s*<!doctype html/i.test(ctx.text ?? "");
    if (!isPage || ctx.response.status >= 400 || ctx.target === document.body || ctx.select) return;
    event.preventDefault();
    location.assign(ctx.response.raw.url);
  });
}
