// Cards of subruns: what one writes is followed while its card is open, and not at all otherwise.
import { changes } from "./parts.js";
import { toEnd } from "./scroll.js";
import { send } from "./socket.js";

const NEAR = 40; // pixels from its end: whoever reads there reads on

/** @type {Map<string, HTMLElement>} a subrun → where it is shown */
const watched = new Map();

const isAtEnd = ({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight < NEAR;

function leave(run) {
  if (watched.delete(run)) send({ unfollow: run });
}

function toggled({ target }) {
  const place = target.matches?.("details.tool") && target.querySelector(":scope > [data-subrun]");
  if (!place) return;
  const run = place.dataset.subrun;
  leave(run); // also where another card showed it: who follows anew gets all there is
  if (!target.open) return;
  watched.set(run, place);
  send({ follow: run });
}

/** Follow again what is watched, over a new connection. */
export function watchAgain() {
  for (const run of watched.keys()) send({ follow: run });
}

/**
 * Show what a subrun says.
 * @param {any[]} message of the socket
 * @returns {boolean} whether it is of one that is watched
 */
export function heardOfSubrun([name, run, ...rest]) {
  const place = watched.get(run);
  if (!place) return false;
  if (!place.isConnected || name === "gone") leave(run);
  else if (name === "d") {
    watched.delete(run);
    for (const open of place.querySelectorAll("[data-open]")) open.remove();
  } else if (name in changes) {
    const follows = isAtEnd(place);
    changes[name](place, ...rest, run);
    if (follows) place.scrollTop = place.scrollHeight;
    toEnd();
  }
  return true;
}

document.addEventListener("toggle", toggled, true);
