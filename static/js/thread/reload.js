// Reading the messages on view anew.
import { conversation, isOnView, targetOf } from "../lib/dom.js";
import { htmxEvents } from "../lib/events.js";

/** How often it is tried where a failed read would leave half a reply on the page. */
export const TRIES = 5;

/**
 * @param {number} [tries] while the chat is on view
 * @param {number} [wait] milliseconds before the second
 */
export async function reloadMessages(tries = 1, wait = 1000) {
  const id = conversation();
  if (!id) return;
  let isRead = false;
  const heed = ({ detail: { ctx } }) => {
    isRead ||= targetOf(ctx)?.id === "messages" && ctx.response?.status === 200;
  };
  document.addEventListener(htmxEvents.afterSwap, heed);
  try {
    await htmx.ajax("GET", `/c/${id}/messages`, { target: "#messages", swap: "innerHTML" });
  } catch {
    // `isRead` says it.
  }
  document.removeEventListener(htmxEvents.afterSwap, heed);
  if (!isRead && tries > 1) setTimeout(() => isOnView(id) && reloadMessages(tries - 1, wait * 2), wait);
}
