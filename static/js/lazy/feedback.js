// Thumbs below a reply: once a thumb is kept, its reasons open beside it.
const boxOf = (target) => (target instanceof Element ? target : document.querySelector(target));
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
document.addEventListener("htmx:after:swap", () => {
  for (const id of waiting) {
    const box = document.getElementById(id);
    if (!box || shown.has(box)) continue;
    shown.add(box);
    waiting.delete(id);
    showReasons(box);
  }
});
document.addEventListener("htmx:before:request", (event) => {
  const source = event.detail.ctx.sourceElement;
  if (!source?.matches?.(".reasons-form")) return;
  const box = source.closest(".feedback");
  shown.add(box);
  const whenSwapped = () => {
    const now = document.getElementById(box.id);
    if (!now || now === box) return;
    document.removeEventListener("htmx:after:swap", whenSwapped);
    if (now.querySelector("[aria-invalid]")) return open(now);
    pressed(now)?.focus();
    document.dispatchEvent(new CustomEvent("parley:toast", { detail: { message: now.dataset.thanks, kind: "good" } }));
  };
  document.addEventListener("htmx:after:swap", whenSwapped);
});

/** A thumb was clicked; its form is on the way, or is answered already when this script came late. */
export function rated(button) {
  const box = button.closest(".feedback");
  if (!button.isConnected) return showReasons(document.getElementById(box.id));
  shown.add(box);
  waiting.add(box.id);
}
