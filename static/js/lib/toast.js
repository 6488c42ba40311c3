// Short notes at the edge of the page. They go by themselves, though not while somebody reads them.
import { hear } from "./bus.js";
import { byId, makeButton } from "./dom.js";
import { events } from "./events.js";

const GOOD = 5000; // milliseconds: something was done
const BAD = 12000;
const WITH_BUTTON = 30000;
const READING = 3000;

/**
 * @param {string} message
 * @param {"good" | "bad"} [kind]
 * @param {{label: string, act: () => void} | null} [offer] a button beside the words
 * @returns {HTMLElement}
 */
export function toast(message, kind = "bad", offer = null) {
  const box = byId("toast").content.firstElementChild.cloneNode(true);
  box.classList.replace("bad", kind);
  if (kind === "good") box.querySelector("use").setAttribute("href", "#i-check");
  const text = box.querySelector("span");
  text.textContent = message;
  if (offer) {
    text.after(
      makeButton(offer.label, "button quiet", () => {
        box.remove();
        offer.act();
      }),
    );
  }
  byId("toasts").append(box);
  return box;
}

// A finger leaves :hover behind, which does not count.
function fade(box) {
  const read = box.matches(":focus-within") || (matchMedia("(hover: hover)").matches && box.matches(":hover"));
  if (read) setTimeout(fade, READING, box);
  else box.remove();
}

/**
 * Let a toast go after a while, unless it is to stay.
 * @param {HTMLElement} box
 */
export function fadeLater(box) {
  if (box.dataset.stays) return;
  setTimeout(fade, box.querySelector("button.button") ? WITH_BUTTON : box.matches(".good") ? GOOD : BAD, box);
}

const fading = new MutationObserver((changes) => {
  for (const box of changes.flatMap((change) => [...change.addedNodes])) if (box.nodeType === 1) fadeLater(box);
});
fading.observe(byId("toasts"), { childList: true });

hear(events.toast, ({ message, kind, stays, id }) => {
  if (id && byId(id)) return;
  const box = toast(message, kind);
  if (stays) box.dataset.stays = "yes";
  if (id) box.id = id;
});
