// Binds each behaviour to the elements that ask for it with data-behaviour, also after htmx swaps.
import autosubmit from "./behaviours/autosubmit.js";
import burger from "./behaviours/burger.js";
import copy from "./behaviours/copy.js";
import dialog from "./behaviours/dialog.js";
import drop from "./behaviours/drop.js";
import failures from "./behaviours/failures.js";
import hotkeys from "./behaviours/hotkeys.js";
import menu from "./behaviours/menu.js";
import palette from "./behaviours/palette.js";
import panel from "./behaviours/panel.js";
import theme from "./behaviours/theme.js";
import toasts from "./behaviours/toasts.js";

const behaviours = { autosubmit, burger, copy, dialog, drop, failures, hotkeys, menu, palette, panel, theme, toasts };
const bound = new WeakMap();

function bind() {
  for (const element of document.querySelectorAll("[data-behaviour]")) {
    const done = bound.get(element) ?? bound.set(element, new Set()).get(element);
    for (const name of element.dataset.behaviour.split(/\s+/)) {
      if (done.has(name) || !behaviours[name]) continue;
      done.add(name);
      behaviours[name](element);
    }
  }
}

document.addEventListener("htmx:after:swap", bind);
document.addEventListener("kit:bind", bind);
bind();
document.documentElement.dataset.ready = "";
