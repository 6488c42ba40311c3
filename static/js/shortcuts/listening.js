// Which keys are meant for an action: not those that write into a field, and none while something covers the page.
import { hear } from "../lib/bus.js";
import { byId } from "../lib/dom.js";
import { htmxEvents } from "../lib/events.js";
import { actions } from "./actions.js";
import { keysIn } from "./keys.js";
import { keysOf, labelControls } from "./recorded.js";

const FIELD = "input, textarea, select, [contenteditable]";
const WRITES = /Arrow|Backspace|Delete|Home|End$/; // these change or select what is in the field

function mayFire(event, name, keys) {
  const typing = event.target.closest?.(FIELD);
  if (!typing || actions[name].anywhere) return true;
  if (typing.id !== "text" && typing.id !== "list-filter") return false;
  if (event.getModifierState("AltGraph")) return false; // it makes characters, and reads as Ctrl+Alt
  return /^(Mod|Alt)\+|^F\d+$/.test(keys) && !(WRITES.test(keys) && typing.value);
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.repeat || event.defaultPrevented) return;
  const keys = keysIn(event);
  const name = keys && Object.keys(actions).find((action) => keysOf(action) === keys);
  if (!name) return;
  const covered = document.querySelector("dialog:modal, [popover]:popover-open:not(#suggest)");
  if (covered && !(name === "shortcuts" && covered.querySelector("[data-shortcut-dialog]"))) return;
  if (!mayFire(event, name, keys)) return;
  const act = covered ? () => byId("dialog").close() : actions[name].find();
  if (!act) return;
  event.preventDefault();
  act();
});

hear(htmxEvents.afterSwap, labelControls);
labelControls();
