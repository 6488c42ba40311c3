// Choosing many chats at once.
import { hear, tell } from "../lib/bus.js";
import { byId, isCovered } from "../lib/dom.js";
import { events } from "../lib/events.js";
import { counted } from "./counted.js";

const side = () => byId("sidebar");
const button = () => side().querySelector("[data-do=select]");
const boxes = () => [...side().querySelectorAll(".pick")];
const chosen = () => boxes().filter((box) => box.checked);

function show(on) {
  side().toggleAttribute("data-selecting", on);
  byId("bulk").hidden = !on;
  const { dataset } = button();
  dataset.begin ??= button().textContent;
  dataset.beginLabel ??= button().getAttribute("aria-label");
  button().textContent = on ? dataset.end : dataset.begin;
  button().setAttribute("aria-label", on ? dataset.endLabel : dataset.beginLabel);
  if (!on) for (const box of boxes()) box.checked = false;
  count();
}
function count() {
  byId("bulk").querySelector("[data-count]").textContent = counted("selected", chosen().length);
  for (const control of byId("bulk").querySelectorAll("[data-action]")) control.disabled = !chosen().length;
}

/** Begin to choose, or end it. */
export function select() {
  show(!side().hasAttribute("data-selecting"));
  if (side().hasAttribute("data-selecting")) boxes()[0]?.focus();
}

/** Choose all that are listed, or none if all are chosen. */
export function selectAll() {
  const all = boxes().every((box) => box.checked);
  for (const box of boxes()) box.checked = !all;
  count();
}

/** @param {HTMLElement} button whose action is for all that are chosen */
export function many(button) {
  const { action } = button.dataset;
  const ids = chosen().map((box) => box.value);
  const values = { action, ids: ids.join(","), ...(action === "delete" ? { asks: "1" } : {}) };
  tell(events.ask, { address: "/conversations/bulk", method: "POST", values });
}
let latest = null; // the box that was pressed last

/**
 * A press on a row chooses it, or not; with Ctrl or Cmd it begins the selection, with Shift it takes all in between.
 * @param {HTMLElement} row
 * @param {boolean} range
 */
export function press(row, range) {
  if (!side().hasAttribute("data-selecting")) show(true);
  const all = boxes();
  const box = row.querySelector(".pick");
  const from = range && latest?.isConnected ? all.indexOf(latest) : -1;
  if (from < 0) box.checked = !box.checked;
  else {
    const [first, last] = [from, all.indexOf(box)].sort((one, other) => one - other);
    for (const between of all.slice(first, last + 1)) between.checked = true;
  }
  latest = box;
  count();
}
document.addEventListener("change", (event) => event.target.matches(".pick") && count());
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !side().hasAttribute("data-selecting") || isCovered()) return;
  show(false);
  button().focus();
});
hear(events.done, () => side().hasAttribute("data-selecting") && show(false));
