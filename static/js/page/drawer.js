// The sidebar's place: a column, or a drawer on narrow screens.
import { setCookie } from "../lib/cookies.js";
import { byId, main } from "../lib/dom.js";

const { body } = document;

/** Whether the page is so narrow that the sidebar is a drawer. */
export const narrow = matchMedia("(max-width: 48rem)");
let opener = null;
let watcher = null; // where the system has a way to close things, as a phone's Back has

/** @returns {boolean} */
export const isDrawerOpen = () => body.classList.contains("drawer-open");

function setDrawer(open) {
  watcher?.destroy();
  watcher = open && "CloseWatcher" in window ? new CloseWatcher() : null;
  watcher?.addEventListener("close", closeDrawer);
  body.classList.toggle("drawer-open", open);
  main().inert = open;
  main().querySelector(".opener")?.setAttribute("aria-expanded", open);
  if (open) byId("sidebar").querySelector("a").focus();
  else if (opener?.isConnected) opener.focus();
  opener = null;
}

/** Close the drawer, if it is open. */
export function closeDrawer() {
  if (isDrawerOpen()) setDrawer(false);
}

/** @param {HTMLElement} button which the focus goes back to */
export function openSidebar(button) {
  if (narrow.matches) {
    setDrawer(true);
    opener = button;
  } else {
    body.dataset.sidebar = "open";
    setCookie("sidebar", "");
    byId("sidebar").querySelector("[data-do=close-sidebar]").focus();
  }
}

/** Put the sidebar away, by the button in it. */
export function closeSidebar() {
  if (narrow.matches) return setDrawer(false);
  body.dataset.sidebar = "closed";
  setCookie("sidebar", "closed");
  main().querySelector(".opener")?.focus();
}
narrow.addEventListener("change", closeDrawer);
