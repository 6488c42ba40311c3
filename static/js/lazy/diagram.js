// Draws blocks of mermaid code, each in a frame without an origin, when they are in view. Until then the code is shown.
const words = document.getElementById("words").dataset;
const dark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (document.documentElement.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";
const frames = new Map(); // frame → what it draws: its text, whether it fills the frame, and who hears of it
const near = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    drawBlock(target);
  }
});

export function draw() {
  for (const frame of frames.keys()) if (!frame.isConnected) frames.delete(frame);
  for (const block of document.querySelectorAll(".code[data-lang=mermaid]:not([data-drawn])")) {
    if (block.closest("[data-generation], [data-open]")) continue; // still being written
    block.dataset.drawn = "";
    near.observe(block);
  }
}
function frameOf(text, fills, heard) {
  const frame = document.createElement("iframe");
  frame.className = "diagram";
  frame.sandbox = "allow-scripts";
  frame.title = words.diagram;
  frame.src = "/frames/diagram";
  frames.set(frame, { text, fills, heard });
  return frame;
}
function drawBlock(block) {
  const text = block.querySelector("pre").textContent;
  const frame = frameOf(text, false, ({ height, fault }) =>
    fault === undefined ? drawn(block, frame, height) : giveUp(block, frame),
  );
  block.querySelector("pre").before(frame);
}
function button(name, act) {
  const made = Object.assign(document.createElement("button"), {
    type: "button",
    className: "copy of-diagram",
    textContent: name,
  });
  made.addEventListener("click", () => act(made));
  return made;
}
function drawn(block, frame, height) {
  frame.style.height = `${Math.min(Math.max(height, 48), 2000)}px`;
  if (block.classList.contains("is-drawn")) return;
  block.classList.add("is-drawn");
  const turn = button(words.showCode, () => {
    turn.textContent = block.classList.toggle("is-code") ? words.showDiagram : words.showCode;
  });
  const larger = button(words.enlarge, () => enlarge(frames.get(frame).text, larger));
  block.querySelector(".code-head .copy").before(larger, turn);
}
function giveUp(block, frame) {
  frames.delete(frame);
  block.classList.remove("is-drawn", "is-code");
  for (const each of block.querySelectorAll(".of-diagram")) each.remove();
  frame.replaceWith(
    Object.assign(document.createElement("p"), { className: "no-diagram", textContent: words.noDiagram }),
  );
}

// --- large: the frame is as wide as the zoom says, and what holds it scrolls, by keys and by dragging ------------------
const STEP = 1.25;
const LEAST = 0.25;
const MOST = 8;
function enlarge(text, opener) {
  const dialog = document.getElementById("enlarged").content.firstElementChild.cloneNode(true);
  const stage = dialog.querySelector(".stage");
  let zoom = 1;
  let shape = 0; // height for a width of one
  const frame = frameOf(text, true, ({ height, natural }) => {
    if (!height) return;
    shape = height / frame.clientWidth;
    show(Math.max(whole(), Math.min(natural / stage.clientWidth, MOST))); // letters that can be read
    stage.scrollLeft = 0;
  });
  frame.inert = true; // the pointer drags the stage
  function show(wanted) {
    const before = {
      x: (stage.scrollLeft + stage.clientWidth / 2) / zoom,
      y: (stage.scrollTop + stage.clientHeight / 2) / zoom,
    };
    zoom = Math.min(Math.max(wanted, LEAST), MOST);
    frame.style.width = `${Math.round(stage.clientWidth * zoom)}px`;
    if (shape) frame.style.height = `${Math.round(stage.clientWidth * zoom * shape)}px`;
    dialog.querySelector("output").textContent = `${Math.round(zoom * 100)} %`;
    stage.scrollTo(before.x * zoom - stage.clientWidth / 2, before.y * zoom - stage.clientHeight / 2);
  }
  const whole = () => Math.min(1, shape ? stage.clientHeight / (stage.clientWidth * shape) : 1);
  const acts = { in: () => show(zoom * STEP), out: () => show(zoom / STEP), fit: () => show(whole()) };
  const keys = { "+": "in", "=": "in", "-": "out", 0: "fit" };
  dialog.addEventListener("click", ({ target }) => {
    if (target.closest("[data-close]")) dialog.close();
    else acts[target.closest("[data-zoom]")?.dataset.zoom]?.();
  });
  dialog.addEventListener("keydown", (event) => {
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    acts[keys[event.key]]();
  });
  stage.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey) return; // so is a pinch on a touchpad
      event.preventDefault();
      show(zoom * (event.deltaY < 0 ? STEP : 1 / STEP));
    },
    { passive: false },
  );
  stage.addEventListener(
    "pointerdown",
    (event) => event.pointerType === "mouse" && stage.setPointerCapture(event.pointerId),
  );
  stage.addEventListener("pointermove", (event) => {
    if (stage.hasPointerCapture(event.pointerId)) stage.scrollBy(-event.movementX, -event.movementY);
  });
  dialog.addEventListener("close", () => {
    frames.delete(frame);
    dialog.remove();
    opener.focus();
  });
  stage.append(frame);
  document.body.append(dialog);
  dialog.showModal();
  stage.focus();
}

// --- what goes to the frames and comes from them ------------------------------------------------------------------------
const send = (frame) =>
  frame.contentWindow.postMessage(
    { text: frames.get(frame).text, fills: frames.get(frame).fills, dark: isDark() },
    "*",
  );
addEventListener("message", ({ source, data }) => {
  const frame = [...frames.keys()].find((each) => each.contentWindow === source);
  if (!frame || !data) return;
  if (data.ready) send(frame);
  else if (Number.isFinite(data.height) || data.fault !== undefined) frames.get(frame).heard(data);
});
const again = () => [...frames.keys()].forEach(send);
dark.addEventListener("change", again);
new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-theme"] });
