// The button beside a selected passage.
import { hear } from "../lib/bus.js";
import { byId, isCovered } from "../lib/dom.js";
import { events } from "../lib/events.js";
import { addQuote, chips } from "./chips.js";
import { selectedPassage } from "./selection.js";

const SETTLED = 120; // milliseconds without another change
const button = document.createElement("button");
button.type = "button";
button.className = "quote-button";
button.hidden = true;
button.innerHTML = '<svg class="icon small" aria-hidden="true"><use href="#i-quote"/></svg><span></span>';
let current = null; // the passage it is for
let held = null; // the same, while the button is pressed
let isDismissed = false;
let isDown = false; // somebody is still selecting
let timer = 0;

function place() {
  const box = byId("scroll")?.getBoundingClientRect();
  const rects = current ? [...current.range.getClientRects()].filter((rect) => rect.width) : [];
  const inView = box && rects.filter((rect) => rect.bottom > box.top && rect.top < box.bottom);
  button.hidden = !inView?.length;
  if (button.hidden) return;
  const below = matchMedia("(pointer: coarse)").matches; // the system's own menu is above
  const rect = below ? inView[inView.length - 1] : inView[0];
  const { width, height } = button.getBoundingClientRect();
  const top = below ? rect.bottom + 28 : rect.top - height - 8;
  button.style.top = `${Math.max(box.top + 4, Math.min(top, box.bottom - height - 4))}px`;
  button.style.left = `${Math.max(8, Math.min(rect.left + rect.width / 2 - width / 2, innerWidth - width - 8))}px`;
}

/** Offer the button where a passage is selected. */
export function look() {
  if (held) return;
  current = chips() && !isDismissed ? selectedPassage() : null;
  if (current && !button.isConnected) {
    button.lastElementChild.textContent = chips().dataset.button;
    document.body.append(button);
  }
  place();
}

function lookSoon() {
  clearTimeout(timer);
  timer = setTimeout(() => isDown || look(), SETTLED);
}

document.addEventListener("selectionchange", () => {
  isDismissed = false;
  if (getSelection().isCollapsed) look();
  else lookSoon();
});

document.addEventListener(
  "pointerdown",
  (event) => {
    if (event.target.closest?.(".quote-button")) {
      event.preventDefault(); // the selection stays
      held = current;
    } else isDown = event.pointerType === "mouse";
  },
  true,
);

function released() {
  isDown = false;
  lookSoon();
}
document.addEventListener("pointerup", released, true);
document.addEventListener("pointercancel", released, true);

document.addEventListener("scroll", () => current && place(), { capture: true, passive: true });
addEventListener("resize", () => current && place());

button.addEventListener("click", () => {
  const passage = held || current || selectedPassage();
  held = null;
  if (passage) addQuote(passage);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !button.hidden && !isCovered()) {
    isDismissed = true;
    look();
  }
  if (event.key.toLowerCase() !== "q" || !event.shiftKey || !(event.ctrlKey || event.metaKey)) return;
  const passage = selectedPassage();
  if (!passage) return;
  event.preventDefault();
  addQuote(passage);
});

hear(events.moved, () => {
  current = null;
  place();
});
