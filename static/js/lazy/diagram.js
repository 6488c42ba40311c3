// Draws blocks of mermaid code, each in a frame without an origin, when they are in view. Until then the code is shown.
const words = document.getElementById("words").dataset;
const dark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (document.documentElement.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";
const blocks = new Map(); // frame → block
const near = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    frameFor(target);
  }
});

export function draw() {
  for (const frame of blocks.keys()) if (!frame.isConnected) blocks.delete(frame);
  for (const block of document.querySelectorAll(".code[data-lang=mermaid]:not([data-drawn])")) {
    if (block.closest("[data-generation], [data-open]")) continue; // still being written
    block.dataset.drawn = "";
    near.observe(block);
  }
}
function frameFor(block) {
  const frame = document.createElement("iframe");
  frame.className = "diagram";
  frame.sandbox = "allow-scripts";
  frame.title = words.diagram;
  frame.src = "/frames/diagram";
  blocks.set(frame, block);
  block.querySelector("pre").before(frame);
}
function drawn(frame, height) {
  const block = blocks.get(frame);
  frame.style.height = `${Math.min(Math.max(height, 48), 2000)}px`;
  if (block.classList.contains("is-drawn")) return;
  block.classList.add("is-drawn");
  const turn = Object.assign(document.createElement("button"), { type: "button", className: "copy", textContent: words.showCode });
  turn.addEventListener("click", () => {
    turn.textContent = block.classList.toggle("is-code") ? words.showDiagram : words.showCode;
  });
  block.querySelector(".code-head .copy").before(turn);
}
function send(frame) {
  frame.contentWindow.postMessage({ text: blocks.get(frame).querySelector("pre").textContent, dark: isDark() }, "*");
}
function giveUp(frame) {
  const block = blocks.get(frame);
  blocks.delete(frame);
  block.querySelector(".code-head .copy").remove();
  frame.replaceWith(Object.assign(document.createElement("p"), { className: "no-diagram", textContent: words.noDiagram }));
}
addEventListener("message", ({ source, data }) => {
  const frame = [...blocks.keys()].find((each) => each.contentWindow === source);
  if (!frame || !data) return;
  if (data.ready) send(frame);
  else if (Number.isFinite(data.height)) drawn(frame, data.height);
  else if (data.fault !== undefined) giveUp(frame);
});
const again = () => [...blocks.keys()].forEach(send);
dark.addEventListener("change", again);
new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-theme"] });
