// A switch at a block of code that has lines longer than it is wide: wrap them, or let them scroll.
const words = document.getElementById("words").dataset;

export function offer(block) {
  const pre = block.querySelector("pre");
  if (block.querySelector(".wrap") || block.closest("[data-open]") || pre.scrollWidth <= pre.clientWidth) return;
  const button = Object.assign(document.createElement("button"), {
    type: "button",
    className: "copy wrap",
    textContent: words.wrap,
  });
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", () => {
    const top = button.getBoundingClientRect().top;
    button.setAttribute("aria-pressed", block.classList.toggle("is-wrapped"));
    // The switch stays under the pointer, however much the block above the fold grew.
    document.getElementById("scroll").scrollTop += button.getBoundingClientRect().top - top;
  });
  block.querySelector(".code-head .copy").before(button);
}
