// The keys that a person recorded, kept on this device, and the controls that tell them.
import { readJson, writeJson } from "../lib/store.js";
import { actions } from "./actions.js";
import { ariaKeys, speltOut } from "./keys.js";

const STORE = "shortcuts";
const SHOWN = {
  newChat: "[data-shortcut=new-chat]",
  settings: "[data-shortcut=settings]",
  models: "#model-button",
  bookmark: "#bookmark-button",
  search: "#list-filter",
  shortcuts: "[data-do=shortcuts]",
  stop: ".stop",
};
const recorded = () => readJson("local", STORE) || {};

/**
 * @param {string} name of an action
 * @returns {string} the person's own keys, which may be none, else the default
 */
export const keysOf = (name) => recorded()[name] ?? actions[name].keys;

/** @param {Record<string, string | null>} changes keys by the names of actions; null is the default */
export function record(changes) {
  const kept = { ...recorded(), ...changes };
  for (const [name, keys] of Object.entries(kept)) {
    if (!(name in actions) || keys === actions[name].keys || keys === null) delete kept[name];
  }
  writeJson("local", STORE, kept);
  labelControls();
}

/** All actions have their default keys again. */
export function reset() {
  writeJson("local", STORE, null);
  labelControls();
}

/** Controls tell their keys to screen readers, and to a pointer that rests on them. */
export function labelControls() {
  for (const [name, selector] of Object.entries(SHOWN)) {
    const keys = keysOf(name);
    for (const element of document.querySelectorAll(selector)) label(element, keys);
  }
}

function label(element, keys) {
  element.dataset.title ??= element.title;
  const { title } = element.dataset;
  if (keys) element.setAttribute("aria-keyshortcuts", ariaKeys(keys));
  else element.removeAttribute("aria-keyshortcuts");
  if (title) element.title = keys ? `${title} (${speltOut(keys)})` : title;
}
