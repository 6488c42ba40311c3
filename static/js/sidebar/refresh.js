// Reading the list of chats anew, though not under the hands or the eyes of somebody who is at it.
import { hear } from "../lib/bus.js";
import { byId } from "../lib/dom.js";
import { events } from "../lib/events.js";

const WAIT = 250; // milliseconds, in which several reasons become one
const READS_FURTHER_DOWN = 150; // pixels
const NEAR_THE_TOP = 50;
let timer = 0;
let isOld = false;

const rowOf = (id) => byId("sidebar").querySelector(`[data-row="${id}"] .row`);

function read() {
  const side = byId("sidebar");
  const isBusy = side.matches("[data-selecting]") || side.querySelector(".rename-here, .is-dragged");
  isOld = Boolean(isBusy) || byId("history").scrollTop > READS_FURTHER_DOWN;
  if (isOld) return;
  const focused = document.activeElement?.closest?.("#history-rows [data-row]")?.dataset.row;
  const query = new URLSearchParams(new FormData(byId("list-tools")));
  const refreshed = htmx.ajax("GET", `/sidebar?${query}`, { target: "#history-rows", swap: "innerHTML" });
  if (focused) refreshed?.then?.(() => rowOf(focused)?.focus());
}

/** @param {number} [wait] milliseconds */
export function refreshList(wait = WAIT) {
  clearTimeout(timer);
  timer = setTimeout(read, wait);
}

const list = byId("history");
list.addEventListener("scroll", () => isOld && list.scrollTop < NEAR_THE_TOP && refreshList(), { passive: true });
hear(events.listed, () => refreshList(0)); // one's own new chat stands there at once
