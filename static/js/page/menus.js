// Menus: placed beside what opened them, and gone through by arrow keys.
import { hear } from "../lib/bus.js";
import { byId } from "../lib/dom.js";
import { htmxEvents } from "../lib/events.js";

const ROOMY = 360; // pixels, enough for the longest menu of a row
let opener = null;

/** @returns {HTMLElement | null} the control that opened the last menu or dialog */
export const lastOpener = () => opener;

/** Close what is open over the page: menus alone, or whatever `selector` names. */
export function hideMenus(selector = ".menu:popover-open") {
  for (const menu of document.querySelectorAll(selector)) menu.hidePopover();
}

document.addEventListener(
  "click",
  (event) => {
    opener = event.target.closest("[popovertarget], [aria-haspopup=dialog]") || opener;
  },
  true,
);

// Some are for narrow pages, or for pinned chats, alone: what is not on view takes no focus.
const itemsOf = (menu, selector) => [...menu.querySelectorAll(selector)].filter((item) => item.checkVisibility());

function place(menu, button) {
  const box = button.getBoundingClientRect();
  const style = menu.style;
  style.left = style.right = style.top = style.bottom = "auto";
  const fromEnd = (menu.dataset.side === "end") !== (document.dir === "rtl");
  if (fromEnd) style.right = `${Math.max(8, innerWidth - box.right)}px`;
  // How wide it will be is not known yet: CSS says how much room it may need.
  else style.left = `clamp(0.5rem, ${box.left}px, 100vw - var(--room) - 0.5rem)`;
  const below = innerHeight - box.bottom;
  const above = menu.dataset.side === "top" || (below < ROOMY && box.top > below);
  if (above) style.bottom = `${innerHeight - box.top + 6}px`;
  else style.top = `${box.bottom + 6}px`;
  // A menu that is higher than its room scrolls: on a small or an enlarged page all of it can be reached.
  style.setProperty("--free", `${Math.floor(Math.max(above ? box.top : below, 96) - 14)}px`);
}

// What the server sent anew knows nothing of where its menu stood.
hear(htmxEvents.afterSwap, () => {
  const menu = document.querySelector(".menu:popover-open");
  if (!menu || menu.style.length || !opener?.isConnected) return;
  place(menu, opener);
  opener.setAttribute("aria-expanded", true);
});

document.addEventListener(
  "beforetoggle",
  (event) => {
    if (event.newState === "open" && event.target.popover === "auto" && opener) place(event.target, opener);
  },
  true,
);

document.addEventListener(
  "toggle",
  (event) => {
    const menu = event.target;
    if (menu.popover !== "auto") return;
    const open = event.newState === "open";
    opener?.setAttribute("aria-expanded", open);
    if (open) itemsOf(menu, ".menu-item")[0]?.focus();
  },
  true,
);

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".menu:popover-open");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!menu || !step) return;
  event.preventDefault();
  const items = itemsOf(menu, "a, button");
  items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
});

/**
 * Open the menu that all rows of the list of chats share.
 * @param {HTMLElement} button of one row
 */
export function openRowMenu(button) {
  const menu = byId("row-menu");
  const address = button.previousElementSibling.getAttribute("href");
  const pinned = "pinned" in button.closest("[data-row]").dataset;
  for (const link of menu.querySelectorAll("[data-path]")) {
    link.href = address + link.dataset.path;
    link.hidden = "if" in link.dataset && (link.dataset.if === "pinned") !== pinned;
  }
  opener = button;
  menu.togglePopover();
}
