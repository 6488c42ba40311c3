// The map of a chat: arrow keys go from message to message, what is pointed at is read below, a click leads there.
import { hear, tell } from "../lib/bus.js";
import { byId, opensElsewhere } from "../lib/dom.js";
import { events, htmxEvents } from "../lib/events.js";
import { dialog } from "../page/dialog.js";

const nodeOf = (event) => event.target.closest?.(".spot");

/** The menu's link: htmx fetches the drawing meanwhile. */
export function openMap() {}

/** @param {HTMLElement} button which shows all of the map, or its own size */
export function fit(button) {
  const drawing = button.closest(".map").querySelector(".map-drawing");
  const fits = drawing.classList.toggle("is-fitted");
  button.setAttribute("aria-pressed", fits);
  if (!fits) reveal(drawing.querySelector(".spot[tabindex='0']"));
}

function reveal(node) {
  node?.querySelector(".knot").scrollIntoView({ block: "center", inline: "center" });
}
// One message of the map is in the order of the Tab key, the last one visited.
function visit(node) {
  for (const visited of node.closest("svg.map-drawing").querySelectorAll(".spot[tabindex='0']"))
    visited.setAttribute("tabindex", "-1");
  node.setAttribute("tabindex", "0");
  node.closest(".map").querySelector("[data-preview]").textContent = node.getAttribute("aria-label");
}
function prepare() {
  const map = dialog.querySelector(".map:not(.is-ready)");
  if (!map) return;
  map.classList.add("is-ready");
  for (const node of map.querySelectorAll(".spot")) node.setAttribute("tabindex", "-1");
  const leaf = (map.dataset.leaf && byId(map.dataset.leaf)) || map.querySelector(".spot.on:last-of-type, .spot");
  if (!leaf) return;
  visit(leaf);
  leaf.focus({ preventScroll: true });
  reveal(leaf);
}

const nearest = (nodes, x) =>
  nodes.sort((one, other) => Math.abs(one.dataset.x - x) - Math.abs(other.dataset.x - x))[0];
const steps = {
  ArrowUp: (node) => byId(node.dataset.above),
  ArrowDown: (node, all) => {
    const below = all.filter((other) => other.dataset.above === node.id);
    return below.find((other) => other.classList.contains("on")) || below.at(-1);
  },
  ArrowLeft: (node, all) =>
    nearest(
      all.filter((other) => other.dataset.y === node.dataset.y && +other.dataset.x < +node.dataset.x),
      +node.dataset.x,
    ),
  ArrowRight: (node, all) =>
    nearest(
      all.filter((other) => other.dataset.y === node.dataset.y && +other.dataset.x > +node.dataset.x),
      +node.dataset.x,
    ),
  Home: (_, all) => all[0],
  End: (node) => byId(node.closest(".map").dataset.leaf),
};
dialog.addEventListener("keydown", (event) => {
  const node = nodeOf(event);
  if (!node || !(event.key in steps)) return;
  event.preventDefault();
  const next = steps[event.key](node, [...node.closest(".map").querySelectorAll(".spot")]);
  next?.focus();
  reveal(next);
});
dialog.addEventListener("focusin", (event) => nodeOf(event) && visit(nodeOf(event)));
dialog.addEventListener("pointerover", (event) => {
  const node = nodeOf(event);
  if (node) node.closest(".map").querySelector("[data-preview]").textContent = node.getAttribute("aria-label");
});
dialog.addEventListener("click", async (event) => {
  const node = nodeOf(event);
  if (!node || opensElsewhere(event) || event.button) return;
  event.preventDefault();
  const address = node.getAttribute("href");
  const id = node.id.replace("s-", "m-");
  dialog.close();
  await htmx.ajax("GET", address.split("#")[0], {
    target: "#main",
    swap: "outerHTML show:none",
    push: address.split("?")[0],
  });
  tell(events.show, { id });
});
hear(htmxEvents.afterSwap, prepare);
prepare();
