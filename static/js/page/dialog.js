// The dialog, whose content comes from the server, and what becomes of an answer in it.
import { hear, tell } from "../lib/bus.js";
import { csrfToken } from "../lib/csrf.js";
import { byId, conversation, isOnView } from "../lib/dom.js";
import { events } from "../lib/events.js";
import { narrow } from "./drawer.js";
import { hideMenus, lastOpener } from "./menus.js";
import { retitle, staysFor, visit } from "./navigation.js";
import { rememberUndo, toastDone, toastOnNextPage } from "./undo.js";

/** @type {HTMLDialogElement} */
export const dialog = byId("dialog");
const FIRST = ".parameters .input, input:not([type=hidden], [type=radio], [type=checkbox])";
let opener = null;

/** Whether it is a panel at the side: the chat stays in use. */
export const isPanelOpen = () => dialog.open && !dialog.matches(":modal");

/** Close the dialog, or forget what came for it too late. */
export function closeDialog() {
  if (dialog.open) dialog.close();
  else byId("dialog-body").replaceChildren();
}

/**
 * Open a form in the dialog, or send one that asks only whether.
 * @param {string} address
 * @param {string} [method]
 * @param {Record<string, string>} [values]
 */
export function ask(address, method = "GET", values = {}) {
  hideMenus();
  if (method === "GET") {
    const query = new URLSearchParams(values);
    return htmx.ajax("GET", query.size ? `${address}?${query}` : address, { target: "#dialog-body" });
  }
  const body = { ...values, csrfmiddlewaretoken: csrfToken() };
  return htmx.ajax(method, address, { target: "#dialog-body", values: body });
}
hear(events.ask, ({ address, method, values }) => ask(address, method, values));

dialog.addEventListener("close", () => {
  if (dialog.querySelector(".parameters")) {
    tell(events.changed);
    const { settings } = byId("composer").elements;
    const isSet = !["", "{}"].includes(settings.value);
    if (!conversation()) byId("parameters-button")?.toggleAttribute("data-set", isSet);
  }
  byId("dialog-body").replaceChildren();
  (opener?.checkVisibility() ? opener : byId("text"))?.focus();
  opener = null;
});
dialog.addEventListener("click", (event) => event.target === dialog && dialog.matches(":modal") && closeDialog());
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !isPanelOpen() || event.defaultPrevented) return;
  if (document.querySelector(":popover-open")) return;
  dialog.querySelector("[data-do=close-dialog]").click(); // what was typed last is kept
});
hear(events.moved, () => isPanelOpen() && closeDialog());

// The focus goes to the next row, for the next of the same.
function takeAway(row) {
  const next = row.contains(document.activeElement) && (row.nextElementSibling ?? row.previousElementSibling);
  row.remove();
  if (next) next.querySelector("[data-verb], a, button")?.focus();
}

function finish({ done: message, undo, token, go, gone, clears }) {
  const way = undo && { address: undo, token };
  closeDialog();
  if (way) rememberUndo(message, way);
  if (go && !staysFor(go)) toastOnNextPage(message, way);
  else toastDone(message, way);
  tell(events.done);
  if (!go && !gone) tell(events.changed);
  if (clears) byId(clears)?.remove();
  if (gone) for (const row of document.querySelectorAll(`[data-row="${gone}"]`)) takeAway(row);
  if (gone && isOnView(gone)) visit("/c/new");
  else if (go) visit(go);
}

function open() {
  hideMenus(":popover-open");
  // A menu that was closed has given the focus back to its button; a mouse may have left it nowhere.
  opener = document.activeElement === document.body ? lastOpener() : document.activeElement;
  if (dialog.querySelector(".parameters") && !narrow.matches) dialog.show();
  else dialog.showModal();
  const needs = dialog.querySelector("[data-needs]");
  if (needs) import(needs.dataset.needs);
  const first = dialog.querySelector(FIRST);
  first?.focus();
  first?.select?.();
}

/** The server has put something into the dialog: a form, what was done, or that a form sends itself. */
export function dialogChanged() {
  const renamed = dialog.querySelector("[data-renamed]");
  const done = dialog.querySelector("[data-done]");
  const atOnce = dialog.querySelector("form[data-at-once]");
  if (done) finish(done.dataset);
  else if (atOnce) atOnce.requestSubmit();
  else if (renamed) {
    retitle(renamed.dataset.renamed, renamed.textContent);
    closeDialog();
  } else if (!dialog.open) open();
}
