// Thumbs below a reply: once a thumb is kept, its reasons open beside it.
import { hear, tell } from "../lib/bus.js";
import { byId } from "../lib/dom.js";
import { events, htmxEvents } from "../lib/events.js";

const pressed = (box) => box.querySelector("[aria-pressed=true]");

function open(box) {
  const reasons = box.querySelector(".reasons");
  if (!reasons) return;
  reasons.showPopover();
  // On narrow screens the stylesheet puts it at the lower edge.
  const thumb = (pressed(box) || box).getBoundingClientRect();
  const size = reasons.getBoundingClientRect();
  const { style } = reasons;
  style.right = style.bottom = "auto";
  style.left = `${Math.max(8, Math.min(thumb.left, innerWidth - size.width - 8))}px`;
  const below = thumb.bottom + 6;
  style.top = `${below + size.height < innerHeight - 8 ? below : Math.max(8, thumb.top - size.height - 6)}px`;
  reasons.addEventListener(
    "toggle",
    (event) => event.newState === "closed" && box.isConnected && pressed(box)?.focus(),
  );
  (
    reasons.querySelector("[aria-invalid]") ||
    reasons.querySelector("input:checked") ||
    reasons.querySelector("input[type=radio]")
  ).focus();
}
function showReasons(box) {
  if (!box?.isConnected) return;
  if (box.querySelector(".reasons")) open(box);
  else box.querySelector("button").focus();
}

const waiting = new Set();
const shown = new WeakSet();
hear(htmxEvents.afterSwap, () => {
  for (const id of waiting) {
    const box = byId(id);
    if (!box || shown.has(box)) continue;
    shown.add(box);
    waiting.delete(id);
    showReasons(box);
  }
});
hear(htmxEvents.beforeRequest, ({ ctx }) => {
  if (!ctx.sourceElement?.matches?.(".reasons-form")) return;
  const box = ctx.sourceElement.closest(".feedback");
  shown.add(box);
  const whenSwapped = () => {
    const now = byId(box.id);
    if (!now || now === box) return;
    document.removeEventListener(htmxEvents.afterSwap, whenSwapped);
    if (now.querySelector("[aria-invalid]")) return open(now);
    pressed(now)?.focus();
    tell(events.toast, { message: now.dataset.thanks, kind: "good" });
  };
  document.addEventListener(htmxEvents.afterSwap, whenSwapped);
});

/**
 * A thumb was clicked; its form is on the way, or is answered already when this script came late.
 * @param {HTMLElement} button
 */
export function rated(button) {
  const box = button.closest(".feedback");
  if (!button.isConnected) return showReasons(byId(box.id));
  shown.add(box);
  waiting.add(box.id);
}
