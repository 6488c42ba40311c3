// Draws blocks of mermaid code, each in a frame without an origin, when they are in view. Until then the code is shown.
import { enlarge } from "../diagram/enlarged.js";
import { forget, forgetLost, frameOf } from "../diagram/frames.js";
import { makeButton } from "../lib/dom.js";
import { words } from "../lib/words.js";

const MIN_HEIGHT = 48; // pixels
const MAX_HEIGHT = 2000;
const LOOK = "copy of-diagram";

const near = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    drawBlock(target);
  }
});

/** Draw what is finished, as soon as it is in view. */
export function draw() {
  forgetLost();
  for (const block of document.querySelectorAll(".code[data-lang=mermaid]:not([data-drawn])")) {
    if (block.closest("[data-run], [data-open]")) continue; // still being written
    block.dataset.drawn = "";
    near.observe(block);
  }
}

function drawBlock(block) {
  const code = block.querySelector("pre");
  const text = code.textContent;
  const frame = frameOf(text, false, ({ height, fault }) => {
    if (fault === undefined) drawn(block, frame, height, text);
    else giveUp(block, frame);
  });
  code.before(frame);
}

function drawn(block, frame, height, text) {
  frame.style.height = `${Math.min(Math.max(height, MIN_HEIGHT), MAX_HEIGHT)}px`;
  if (block.classList.contains("is-drawn")) return;
  block.classList.add("is-drawn");
  const turn = makeButton(words.showCode, LOOK, () => {
    turn.textContent = block.classList.toggle("is-code") ? words.showDiagram : words.showCode;
  });
  const larger = makeButton(words.enlarge, LOOK, () => enlarge(text, larger));
  block.querySelector(".code-head .copy").before(larger, turn);
}

function giveUp(block, frame) {
  forget(frame);
  block.classList.remove("is-drawn", "is-code");
  for (const part of block.querySelectorAll(".of-diagram")) part.remove();
  const note = Object.assign(document.createElement("p"), { className: "no-diagram", textContent: words.noDiagram });
  frame.replaceWith(note);
}
