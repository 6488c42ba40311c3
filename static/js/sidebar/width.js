// The sidebar's width: by its edge, with a pointer or with keys.
import { getCookie, setCookie } from "../lib/cookies.js";
import { byId } from "../lib/dom.js";

const MIN_WIDTH = 208; // pixels
const MAX_WIDTH = 416;
const STEPS = { ArrowLeft: -16, ArrowRight: 16, Home: -1000, End: 1000 };
const resizer = byId("sidebar").querySelector(".resizer");
const isMirrored = () => document.dir === "rtl";

function widen(width) {
  const pixels = Math.round(Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, width)));
  document.documentElement.style.setProperty("--sidebar", `${pixels}px`);
  resizer.setAttribute("aria-valuenow", pixels);
  setCookie("sidebar-width", pixels);
}

const kept = Number.parseInt(getCookie("sidebar-width"), 10);
if (kept) widen(kept);

resizer?.addEventListener("pointerdown", (event) => {
  resizer.setPointerCapture(event.pointerId);
  const drag = ({ clientX }) => widen(isMirrored() ? innerWidth - clientX : clientX);
  const stop = () => resizer.removeEventListener("pointermove", drag);
  resizer.addEventListener("pointermove", drag);
  resizer.addEventListener("lostpointercapture", stop, { once: true });
});

resizer?.addEventListener("keydown", (event) => {
  const step = STEPS[event.key];
  if (!step) return;
  event.preventDefault();
  widen(Number(resizer.getAttribute("aria-valuenow")) + (isMirrored() ? -step : step));
});
