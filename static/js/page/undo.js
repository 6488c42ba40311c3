// What was done can be taken back: from the toast that says so, and for longer from the account's menu. What is told
// while the page goes away is told by the next one.
import { tell } from "../lib/bus.js";
import { byId } from "../lib/dom.js";
import { events } from "../lib/events.js";
import { readJson, writeJson } from "../lib/store.js";
import { fadeLater, toast } from "../lib/toast.js";
import { words } from "../lib/words.js";

/** @typedef {{address: string, token: string}} Way how the server takes something back */

const GRACE = 9.5 * 60000; // the server takes things back for ten minutes

/** @param {Way} way */
function takeBack(way) {
  if (readJson("session", "undo")?.way.token === way.token) writeJson("session", "undo", null);
  offerUndo();
  tell(events.ask, { address: way.address, method: "POST", values: { token: way.token } });
}

/** Take back what was done last. */
export const undoLast = () => takeBack(readJson("session", "undo").way);

/** Show in the account's menu what can be taken back, if anything can. */
export function offerUndo() {
  const last = readJson("session", "undo");
  byId("undo-last").hidden = !(last?.until > Date.now());
  byId("undo-last").querySelector("small").textContent = last?.message || "";
}

/**
 * Keep in mind how something can be taken back.
 * @param {string} message
 * @param {Way} way
 */
export function rememberUndo(message, way) {
  writeJson("session", "undo", { message, way, until: Date.now() + GRACE });
  offerUndo();
}

/**
 * Say that something was done, and offer to take it back where that is possible.
 * @param {string} message
 * @param {Way} [way]
 */
export function toastDone(message, way) {
  toast(message, "good", way ? { label: words.undo, act: () => takeBack(way) } : null);
}

/**
 * Have the next page say it.
 * @param {string} message
 * @param {Way} [way]
 */
export function toastOnNextPage(message, way) {
  writeJson("session", "toast", { message, undo: way });
}

/** Say what the page before left to be said. */
export function showStored() {
  const stored = readJson("session", "toast");
  writeJson("session", "toast", null);
  if (stored) toastDone(stored.message, stored.undo);
  for (const box of byId("toasts").children) fadeLater(box); // those the server sent with the page
}
