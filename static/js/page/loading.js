// Scripts that come when they are needed: a page begins without them.
import { hear } from "../lib/bus.js";
import { byId } from "../lib/dom.js";
import { events, htmxEvents } from "../lib/events.js";
import { keyOfChat, readText } from "../lib/store.js";

const LONG_THREAD = 8; // messages
const whenIdle = window.requestIdleCallback || ((then) => setTimeout(then, 500));

// Only a block that somebody is at is asked whether its lines are too long.
for (const sign of ["pointerover", "focusin"]) {
  document.addEventListener(sign, ({ target }) => {
    const block = target.closest?.(".prose .code");
    if (block && !block.querySelector(".wrap")) import("parley/code").then((module) => module.offer(block));
  });
}

// --- quoting: with the first selection, or when quotes were kept ---
let isQuoting = false;
function loadQuotes() {
  if (isQuoting) return;
  isQuoting = true;
  import("parley/quotes");
}
const hasKeptQuotes = () => Boolean(readText("local", keyOfChat("quotes")));
document.addEventListener("selectionchange", () => getSelection().isCollapsed || loadQuotes());
hear(events.moved, () => hasKeptQuotes() && loadQuotes());
if (byId("quotes")?.children.length || hasKeptQuotes()) loadQuotes();

// --- the strip, which only long threads on wide screens need: when there is time ---
const wide = matchMedia("(min-width: 80rem)");
let isStripLoaded = false;
function loadStrip() {
  const isLong = document.querySelectorAll("#messages article").length >= LONG_THREAD;
  if (isStripLoaded || !wide.matches || !isLong) return;
  isStripLoaded = true;
  import("parley/strip");
}
whenIdle(loadStrip);

// --- a diagram is code until somebody is there to look at it: what draws is a megabyte, and keeps a phone busy ---
let somebody = false;
function drawDiagrams() {
  const waits = somebody && document.querySelector(".code[data-lang=mermaid]:not([data-drawn])");
  if (waits) import("parley/diagram").then((module) => module.draw());
}
hear(htmxEvents.afterSwap, drawDiagrams);
hear(events.ended, drawDiagrams);
function come() {
  if (somebody) return;
  somebody = true;
  whenIdle(drawDiagrams);
}
for (const sign of ["pointermove", "pointerdown", "wheel", "touchstart", "keydown"]) {
  addEventListener(sign, come, { once: true, passive: true, capture: true });
}
hear(htmxEvents.afterSwap, () => isStripLoaded || whenIdle(loadStrip));
