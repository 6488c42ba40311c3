// What this browser keeps, for a tab ("session") or for good ("local"). Storage may be full or forbidden: what cannot be
// kept then lives as long as the page, and nobody is told.
import { conversation } from "./dom.js";

/**
 * @param {string} kind
 * @returns {string} the name under which something of the chat on view is kept
 */
export const keyOfChat = (kind) => `${kind}:${conversation() || "new"}`;

/** @param {"local" | "session"} area */
const storageOf = (area) => (area === "local" ? localStorage : sessionStorage);

/**
 * @param {"local" | "session"} area
 * @param {string} name
 * @returns {string | null}
 */
export function readText(area, name) {
  try {
    return storageOf(area).getItem(name);
  } catch {
    return null;
  }
}

/**
 * @param {"local" | "session"} area
 * @param {string} name
 * @param {string | null} text is taken out where it is empty
 */
export function writeText(area, name, text) {
  try {
    if (text) storageOf(area).setItem(name, text);
    else storageOf(area).removeItem(name);
  } catch {
    // See above.
  }
}

/**
 * @param {"local" | "session"} area
 * @param {string} name
 * @returns {any} what was written, or null where there is nothing that can be read
 */
export function readJson(area, name) {
  try {
    return JSON.parse(readText(area, name) || "null");
  } catch {
    return null;
  }
}

/**
 * @param {"local" | "session"} area
 * @param {string} name
 * @param {unknown} value is taken out where it is null or an empty list
 */
export function writeJson(area, name, value) {
  const isNothing = value === null || (Array.isArray(value) && !value.length);
  writeText(area, name, isNothing ? null : JSON.stringify(value));
}
