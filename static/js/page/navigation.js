// Moving between chats without loading the page anew, and what they are called.
import { hear } from "../lib/bus.js";
import { byId, isOnView } from "../lib/dom.js";
import { events, htmxEvents } from "../lib/events.js";

let early = null; // a title told before the chat it belongs to had its address here

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
  if (!isOnView(id)) {
    early = { id, title };
    return;
  }
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

// htmx sets the title that stood in the answer last of all.
hear(htmxEvents.finallyRequest, ({ ctx }) => {
  if (!ctx.hx?.pushurl || !early) return;
  if (isOnView(early.id)) retitle(early.id, early.title);
  early = null;
});

hear(events.visit, ({ address }) => visit(address));
hear(events.retitle, (detail) => retitle(detail.conversation, detail.title));
