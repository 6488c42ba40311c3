// A switch at a block of code that has lines longer than it is wide: wrap them, or let them scroll.
import { byId, makeButton } from "../lib/dom.js";
import { words } from "../lib/words.js";

/** @param {HTMLElement} block of code that somebody is at */
export function offer(block) {
  const pre = block.querySelector("pre");
  if (block.querySelector(".wrap") || block.closest("[data-open]") || pre.scrollWidth <= pre.clientWidth) return;
  const button = makeButton(words.wrap, "copy wrap", () => {
    const top = button.getBoundingClientRect().top;
    button.setAttribute("aria-pressed", block.classList.toggle("is-wrapped"));
    // The switch stays under the pointer, however much the block above the fold grew.
    byId("scroll").scrollTop += button.getBoundingClientRect().top - top;
  });
  button.setAttribute("aria-pressed", "false");
  block.querySelector(".code-head .copy").before(button);
}
