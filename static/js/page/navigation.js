// Moving between chats without loading the page anew, and what they are called.
import { hear } from "../lib/bus.js";
import { byId, isOnView } from "../lib/dom.js";
import { events } from "../lib/events.js";

/** @param {string} address whether this page has a place for what is there */
export const staysFor = (address) => byId("messages") && address.startsWith("/c/");

/** @param {string} address */
export function visit(address) {
  if (!staysFor(address)) return location.assign(address);
  htmx.ajax("GET", address, { target: "#main", swap: "outerHTML show:none", push: "true" });
}

/**
 * Show another title of a conversation wherever it stands.
 * @param {string} id
 * @param {string} title
 */
export function retitle(id, title) {
  const row = byId("sidebar").querySelector(`[data-row="${id}"] .row span`);
  if (row) row.textContent = title;
  if (!isOnView(id)) return;
  document.title = `${title} · ${document.title.split(" · ").pop()}`;
  const heading = byId("chat-title");
  if (heading) heading.textContent = title;
}

/** Mark the chat on view in the list. */
export function markCurrent() {
  for (const link of byId("sidebar").querySelectorAll(".history .row")) {
    const isHere = link.pathname === location.pathname && location.pathname !== "/c/new";
    if (isHere) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

hear(events.visit, ({ address }) => visit(address));
hear(events.retitle, (detail) => retitle(detail.conversation, detail.title));
