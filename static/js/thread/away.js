// While the server cannot be reached the page says so and sends nothing; what is typed stays where it is.
import { tell } from "../lib/bus.js";
import { byId, say } from "../lib/dom.js";
import { events } from "../lib/events.js";
import { words } from "../lib/words.js";

/** @param {boolean} isAway */
export function setAway(isAway) {
  const { body } = document;
  if (isAway === body.hasAttribute("data-away")) return;
  body.toggleAttribute("data-away", isAway);
  if (isAway) {
    const message = navigator.onLine ? words.reconnecting : words.offline;
    tell(events.toast, { message, kind: "bad", stays: true, id: "reconnecting" });
  } else {
    byId("reconnecting")?.remove();
    say(words.reconnected);
  }
  tell(events.away);
}
