// Frames without an origin that draw diagrams, and what goes to them and comes from them.
import { words } from "../lib/words.js";

const dark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (document.documentElement.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";

/** @typedef {{height?: number, natural?: number, fault?: string}} Drawing */
/** @type {Map<HTMLIFrameElement, {text: string, fills: boolean, heard: (drawing: Drawing) => void}>} */
const frames = new Map();

/**
 * @param {string} text of the diagram
 * @param {boolean} fills whether the drawing is as wide as the frame
 * @param {(drawing: Drawing) => void} heard
 * @returns {HTMLIFrameElement} which draws as soon as it is on the page
 */
export function frameOf(text, fills, heard) {
  const frame = document.createElement("iframe");
  frame.className = "diagram";
  frame.sandbox = "allow-scripts";
  frame.title = words.diagram;
  frame.src = "/frames/diagram";
  frames.set(frame, { text, fills, heard });
  return frame;
}

/** @param {HTMLIFrameElement} frame which is not shown any longer */
export const forget = (frame) => frames.delete(frame);

/** Forget the frames that went with the messages they were in. */
export function forgetLost() {
  for (const frame of frames.keys()) if (!frame.isConnected) frames.delete(frame);
}

function send(frame) {
  const { text, fills } = frames.get(frame);
  frame.contentWindow.postMessage({ text, fills, dark: isDark() }, "*");
}
addEventListener("message", ({ source, data }) => {
  const frame = [...frames.keys()].find((candidate) => candidate.contentWindow === source);
  if (!frame || !data) return;
  if (data.ready) send(frame);
  else if (Number.isFinite(data.height) || data.fault !== undefined) frames.get(frame).heard(data);
});

function sendAgain() {
  for (const frame of frames.keys()) send(frame);
}
dark.addEventListener("change", sendAgain);
new MutationObserver(sendAgain).observe(document.documentElement, { attributeFilter: ["data-theme"] });
