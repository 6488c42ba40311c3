// The dialog that shows all shortcuts, and records others.
import { byId } from "../lib/dom.js";
import { hideMenus } from "../page/menus.js";
import { actions } from "../shortcuts/actions.js";
import { keysIn, spelt } from "../shortcuts/keys.js";
import { keysOf, record, reset } from "../shortcuts/recorded.js";

let recording = null;

/** Show all shortcuts in the dialog. */
export function shortcuts() {
  const body = byId("dialog-body");
  body.replaceChildren(byId("shortcut-list").content.cloneNode(true));
  hideMenus(":popover-open");
  draw();
  body.addEventListener("click", clicked);
  if (!byId("dialog").open) byId("dialog").showModal();
  byId("dialog").addEventListener("close", () => body.removeEventListener("click", clicked), { once: true });
}
function draw() {
  for (const row of byId("dialog-body").querySelectorAll("[data-name]")) {
    const keys = keysOf(row.dataset.name);
    const button = row.querySelector("[data-record]");
    button.replaceChildren(
      ...(keys
        ? spelt(keys).map((key) => Object.assign(document.createElement("kbd"), { textContent: key }))
        : [row.dataset.none]),
    );
    button.classList.toggle("is-recording", recording === row.dataset.name);
    row.querySelector("[data-clear]").hidden = !keys;
    row.querySelector("[data-reset]").hidden = keys === actions[row.dataset.name].keys;
  }
}
function clicked(event) {
  const row = event.target.closest("[data-name]");
  if (event.target.closest("[data-reset-all]")) reset();
  else if (row && event.target.closest("[data-clear]")) record({ [row.dataset.name]: "" });
  else if (row && event.target.closest("[data-reset]")) record({ [row.dataset.name]: null });
  else if (row && event.target.closest("[data-record]")) return listen(row);
  else if (row && event.target.closest("[data-take]")) return take(row);
  else return;
  stop();
  draw();
}
function note(row, message, keys = "") {
  const line = row.querySelector("[data-note]");
  line.textContent = message;
  const button = row.querySelector("[data-take]");
  button.hidden = !keys;
  button.dataset.keys = keys;
}
function listen(row) {
  stop();
  recording = row.dataset.name;
  note(row, row.dataset.press);
  draw();
  addEventListener("keydown", pressed, true);
}
function stop() {
  removeEventListener("keydown", pressed, true);
  recording = null;
  for (const row of byId("dialog-body").querySelectorAll("[data-name]")) note(row, "");
}
function pressed(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
  const row = byId("dialog-body").querySelector(`[data-name="${recording}"]`);
  const keys = keysIn(event);
  if (!row || !keys) return;
  if (keys === "Escape") {
    stop();
    return draw();
  }
  if (!/Mod\+|Alt\+|^F\d+$|Escape$/.test(keys)) return; // a bare letter is for typing
  const other = Object.keys(actions).find((name) => name !== recording && keysOf(name) === keys);
  if (other) {
    const name = byId("dialog-body").querySelector(`[data-name="${other}"] .shortcut-name`).textContent;
    note(row, row.dataset.taken.replace("{action}", name), keys);
    row.querySelector("[data-take]").focus();
    removeEventListener("keydown", pressed, true);
    return;
  }
  record({ [recording]: keys });
  const button = row.querySelector("[data-record]");
  stop();
  draw();
  button.focus();
}
function take(row) {
  const { keys } = row.querySelector("[data-take]").dataset;
  const other = Object.keys(actions).find((name) => name !== row.dataset.name && keysOf(name) === keys);
  record({ ...(other ? { [other]: "" } : {}), [row.dataset.name]: keys });
  stop();
  draw();
  row.querySelector("[data-record]").focus();
}
