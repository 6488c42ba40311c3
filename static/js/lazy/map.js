// The map of a chat: arrow keys go from message to message, what is pointed at is read below, a click leads there.
import { hear, tell } from "../lib/bus.js";
import { byId, opensElsewhere } from "../lib/dom.js";
import { events, htmxEvents } from "../lib/events.js";
import { dialog } from "../page/dialog.js";

const spotOf = (event) => event.target.closest?.(".spot");

/** The menu's link: htmx fetches the drawing meanwhile. */
export function openMap() {}

/** @param {HTMLElement} button which shows all of the map, or its own size */
export function fit(button) {
  const drawing = button.closest(".map").querySelector(".map-drawing");
  const fits = drawing.classList.toggle("is-fitted");
  button.setAttribute("aria-pressed", fits);
  if (!fits) reveal(drawing.querySelector(".spot[tabindex='0']"));
}

function reveal(spot) {
  spot?.querySelector(".knot").scrollIntoView({ block: "center", inline: "center" });
}
// One message of the map is in the order of the Tab key, the last one visited.
function visit(spot) {
  for (const each of spot.closest("svg.map-drawing").querySelectorAll(".spot[tabindex='0']"))
    each.setAttribute("tabindex", "-1");
  spot.setAttribute("tabindex", "0");
  spot.closest(".map").querySelector("[data-preview]").textContent = spot.getAttribute("aria-label");
}
function prepare() {
  const map = dialog.querySelector(".map:not(.is-ready)");
  if (!map) return;
  map.classList.add("is-ready");
  for (const spot of map.querySelectorAll(".spot")) spot.setAttribute("tabindex", "-1");
  const leaf = (map.dataset.leaf && byId(map.dataset.leaf)) || map.querySelector(".spot.on:last-of-type, .spot");
  if (!leaf) return;
  visit(leaf);
  leaf.focus({ preventScroll: true });
  reveal(leaf);
}

const nearest = (spots, x) =>
  spots.sort((one, other) => Math.abs(one.dataset.x - x) - Math.abs(other.dataset.x - x))[0];
const steps = {
  ArrowUp: (spot) => byId(spot.dataset.above),
  ArrowDown: (spot, all) => {
    const below = all.filter((each) => each.dataset.above === spot.id);
    return below.find((each) => each.classList.contains("on")) || below.at(-1);
  },
  ArrowLeft: (spot, all) =>
    nearest(
      all.filter((each) => each.dataset.y === spot.dataset.y && +each.dataset.x < +spot.dataset.x),
      +spot.dataset.x,
    ),
  ArrowRight: (spot, all) =>
    nearest(
      all.filter((each) => each.dataset.y === spot.dataset.y && +each.dataset.x > +spot.dataset.x),
      +spot.dataset.x,
    ),
  Home: (_, all) => all[0],
  End: (spot) => byId(spot.closest(".map").dataset.leaf),
};
dialog.addEventListener("keydown", (event) => {
  const spot = spotOf(event);
  if (!spot || !(event.key in steps)) return;
  event.preventDefault();
  const next = steps[event.key](spot, [...spot.closest(".map").querySelectorAll(".spot")]);
  next?.focus();
  reveal(next);
});
dialog.addEventListener("focusin", (event) => spotOf(event) && visit(spotOf(event)));
dialog.addEventListener("pointerover", (event) => {
  const spot = spotOf(event);
  if (spot) spot.closest(".map").querySelector("[data-preview]").textContent = spot.getAttribute("aria-label");
});
dialog.addEventListener("click", async (event) => {
  const spot = spotOf(event);
  if (!spot || opensElsewhere(event) || event.button) return;
  event.preventDefault();
  const address = spot.getAttribute("href");
  const id = spot.id.replace("s-", "m-");
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
