// Which runs are on the page.
import { byId, main } from "../lib/dom.js";

/** @type {Map<string, HTMLElement>} a run → its article */
export const runs = new Map();

/** @type {Set<string>} all runs this page has shown */
export const followed = new Set();

/** @type {Set<string>} whose article came anew; until their `reset`, what comes may belong to the one before */
export const renewed = new Set();

/** The styles ask two attributes instead of searching the whole thread whenever a word comes. */
export function markState() {
  if (!byId("messages")) return;
  main().toggleAttribute("data-empty", !byId("messages").querySelector(":scope > article"));
  main().toggleAttribute("data-running", runs.size > 0);
}
