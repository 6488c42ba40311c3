// One listener for all clicks: `data-do` names what a control does here, or in the module that `data-module` names.
import { tell } from "../lib/bus.js";
import { setCookie } from "../lib/cookies.js";
import { byId, isCovered } from "../lib/dom.js";
import { events } from "../lib/events.js";
import { copy } from "./copying.js";
import { ask, closeDialog, dialog } from "./dialog.js";
import { closeDrawer, closeSidebar, isDrawerOpen, openSidebar } from "./drawer.js";
import { openRowMenu } from "./menus.js";
import { undoLast } from "./undo.js";

const { documentElement: root } = document;

function markPressed(button) {
  for (const child of button.parentElement.children) child.setAttribute("aria-pressed", child === button);
}

const actions = {
  "open-sidebar": openSidebar,
  "close-sidebar": closeSidebar,
  "close-dialog"(_, event) {
    if (!dialog.open) return;
    event.preventDefault();
    closeDialog();
  },
  "row-menu": openRowMenu,
  "put-away"(button) {
    const banner = button.closest("[data-banner]");
    setCookie("banner", banner.dataset.banner);
    banner.remove();
  },
  dismiss: (button) => button.closest("[data-toast]").remove(),
  "dismiss-note"(button) {
    setCookie("local_hint", "seen");
    button.closest("[data-note]").remove();
    byId("text").focus();
  },
  theme(button, event) {
    event.preventDefault(); // in the settings it sends a form, for browsers without scripts
    const { theme } = button.dataset;
    setCookie("theme", theme);
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
    markPressed(button);
  },
  "text-size"(button, event) {
    event.preventDefault();
    setCookie("size", button.value);
    root.dataset.size = button.value;
    markPressed(button);
  },
  favourite(button, event) {
    event.preventDefault();
    const { endpoint, model, spec } = button.form.elements;
    ask("/favourites", "POST", { endpoint: endpoint.value, model: model.value, spec: spec.value });
    tell(events.favourite);
  },
  "choose-model": () => byId("model-button")?.click(),
  "undo-last": undoLast,
  "copy-thoughts": (button) => copy(button, button.closest(".think").querySelector(".prose").innerText.trim()),
  "copy-link": (button) => copy(button, button.parentElement.querySelector("input").value),
  "copy-message": (button) => copy(button, button.parentElement.querySelector("template.source").content.textContent),
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do], [data-copy], [data-verb]");
  if (!button) return;
  const { do: action, module: address, verb } = button.dataset;
  if (action in actions) actions[action](button, event);
  else if (address) import(address).then((module) => module[action](button, event));
  else if ("copy" in button.dataset) copy(button, button.closest(".code").querySelector("pre code").textContent);
  else if (verb !== undefined) {
    event.preventDefault();
    ask(button.getAttribute("href"), verb === "post" ? "POST" : "GET");
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && isDrawerOpen() && !isCovered()) closeDrawer();
});
