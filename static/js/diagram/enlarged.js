// A diagram, large: the frame is as wide as the zoom says, and what holds it scrolls, by keys and by dragging.
import { byId } from "../lib/dom.js";
import { forget, frameOf } from "./frames.js";

const STEP = 1.25;
const MIN_ZOOM = 0.25;
const MAX_ZOOM = 8;

/**
 * @param {string} text of the diagram
 * @param {HTMLElement} opener which the focus goes back to
 */
export function enlarge(text, opener) {
  const dialog = byId("enlarged").content.firstElementChild.cloneNode(true);
  const stage = dialog.querySelector(".stage");
  let zoom = 1;
  let shape = 0; // height for a width of one
  const frame = frameOf(text, true, ({ height, natural }) => {
    if (!height) return;
    shape = height / frame.clientWidth;
    show(Math.max(whole(), Math.min(natural / stage.clientWidth, MAX_ZOOM))); // letters that can be read
    stage.scrollLeft = 0;
  });
  frame.inert = true; // the pointer drags the stage
  function show(wanted) {
    const before = {
      x: (stage.scrollLeft + stage.clientWidth / 2) / zoom,
      y: (stage.scrollTop + stage.clientHeight / 2) / zoom,
    };
    zoom = Math.min(Math.max(wanted, MIN_ZOOM), MAX_ZOOM);
    frame.style.width = `${Math.round(stage.clientWidth * zoom)}px`;
    if (shape) frame.style.height = `${Math.round(stage.clientWidth * zoom * shape)}px`;
    dialog.querySelector("output").textContent = `${Math.round(zoom * 100)} %`;
    stage.scrollTo(before.x * zoom - stage.clientWidth / 2, before.y * zoom - stage.clientHeight / 2);
  }
  const whole = () => Math.min(1, shape ? stage.clientHeight / (stage.clientWidth * shape) : 1);
  const actions = { in: () => show(zoom * STEP), out: () => show(zoom / STEP), fit: () => show(whole()) };
  const keys = { "+": "in", "=": "in", "-": "out", 0: "fit" };
  dialog.addEventListener("click", ({ target }) => {
    if (target.closest("[data-close]")) dialog.close();
    else actions[target.closest("[data-zoom]")?.dataset.zoom]?.();
  });
  dialog.addEventListener("keydown", (event) => {
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    actions[keys[event.key]]();
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
    forget(frame);
    dialog.remove();
    opener.focus();
  });
  stage.append(frame);
  document.body.append(dialog);
  dialog.showModal();
  stage.focus();
}
