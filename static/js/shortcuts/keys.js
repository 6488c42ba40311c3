// What keys are called: how they are kept, and how people read them.

const mac = /Mac|iPhone|iPad/.test(navigator.platform);
// The key of the layout's own place where Shift makes another character of it.
const BASE = { "?": "/", ":": ";", "<": ",", ">": ".", _: "-", "+": "=" };
const NAMES = {
  Mod: mac ? "⌘" : "Ctrl",
  Shift: mac ? "⇧" : "Shift",
  Alt: mac ? "⌥" : "Alt",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Escape: "Esc",
  Backspace: "⌫",
};

/**
 * @param {KeyboardEvent} event
 * @returns {string} the keys that are down, as “Mod+Shift+O”, or "" while it is only Control, Shift or the like
 */
export function keysIn(event) {
  if (["Control", "Shift", "Alt", "Meta"].includes(event.key)) return "";
  const key = event.key.length === 1 ? (BASE[event.key] || event.key).toUpperCase() : event.key;
  const mod = mac ? event.metaKey : event.ctrlKey;
  return [mod && "Mod", event.altKey && "Alt", event.shiftKey && "Shift", key].filter(Boolean).join("+");
}

/**
 * @param {string} keys
 * @returns {string[]} what stands on each of them
 */
export const spelt = (keys) => keys.split("+").map((key) => NAMES[key] || key);

/**
 * @param {string} keys
 * @returns {string} all of them in a row
 */
export const speltOut = (keys) => spelt(keys).join(mac ? "" : "+");

/**
 * @param {string} keys
 * @returns {string} for `aria-keyshortcuts`
 */
export const ariaKeys = (keys) => keys.replace("Mod", mac ? "Meta" : "Control");
