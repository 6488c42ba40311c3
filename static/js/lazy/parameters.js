// The panel of parameters: a slider and its number say the same, and what was typed last is kept before it closes.
import { hear } from "../lib/bus.js";
import { byId } from "../lib/dom.js";
import { htmxEvents } from "../lib/events.js";
import { dialog } from "../page/dialog.js";

const panel = () => byId("parameters");
const numberOf = (range) => byId(range.dataset.for);
const rangeOf = (number) => document.querySelector(`#parameters [data-for="${number.id}"]`);
let typed = 0; // how often something was changed, how often when it was last sent, and when it was last kept
let sent = 0;
let kept = 0;
let leaving = false;

function follow(range) {
  numberOf(range).value = range.value;
}
document.addEventListener(
  "input",
  ({ target }) => {
    if (!target.closest?.("#parameters")) return;
    typed += 1;
    if (target.type === "range") follow(target);
    const range = target.type === "number" && rangeOf(target);
    if (range && target.validity.valid) range.value = target.value || target.dataset.default || range.min;
  },
  true,
);

function leave(event) {
  if (!panel() || typed === kept) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  leaving = true;
  panel().requestSubmit();
}
dialog.addEventListener("cancel", leave, true);
dialog.addEventListener(
  "click",
  (event) => {
    if (event.target === dialog || event.target.closest("[data-do=close-dialog]")) leave(event);
  },
  true,
);
hear(htmxEvents.beforeRequest, ({ ctx }) => {
  if (ctx.sourceElement?.closest?.("#parameters")) sent = typed;
});
hear(htmxEvents.afterSwap, ({ ctx }) => {
  if (!ctx.sourceElement?.closest?.("#parameters")) return;
  kept = sent;
  const done = leaving && typed === kept;
  leaving = leaving && typed !== kept;
  if (done && ctx.response.status === 200) dialog.close();
});
// A second try leaves without saving.
hear(htmxEvents.error, () => {
  kept = typed;
  leaving = false;
});

// What was moved while this script was still on its way.
for (const range of document.querySelectorAll("#parameters [type=range]")) {
  if (range.value === range.defaultValue) continue;
  follow(range);
  range.dispatchEvent(new Event("change", { bubbles: true }));
}
