// Copying, and that it is seen and heard.
import { tell } from "../lib/bus.js";
import { byId } from "../lib/dom.js";
import { events } from "../lib/events.js";
import { words } from "../lib/words.js";

/**
 * Copy a text, and say on the button and to the ear whether that worked.
 * @param {HTMLElement} button
 * @param {string} text
 */
export async function copy(button, text) {
  try {
    if (navigator.clipboard) await navigator.clipboard.writeText(text);
    else copyWithoutClipboard(text);
  } catch {
    return tell(events.toast, { message: words.cannotCopy, kind: "bad" });
  }
  byId("live").textContent = words.copied;
  const label = button.querySelector("use") ? null : button.textContent;
  const use = button.querySelector("use");
  const icon = use?.getAttribute("href");
  button.classList.add("is-done");
  if (use) use.setAttribute("href", "#i-check");
  else button.textContent = words.copied;
  setTimeout(() => {
    button.classList.remove("is-done");
    if (use) use.setAttribute("href", icon);
    else button.textContent = label;
    byId("live").textContent = "";
  }, 2000);
}
// Pages that come over plain HTTP from another machine have no clipboard.
function copyWithoutClipboard(text) {
  const box = document.createElement("textarea");
  box.value = text;
  box.className = "unseen";
  document.body.append(box);
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  if (!done) throw new Error("not allowed");
}
