// The message box and its form, and whether it can be sent.
import { hear } from "../lib/bus.js";
import { byId, main } from "../lib/dom.js";
import { events } from "../lib/events.js";

/** @returns {HTMLFormElement} */
export const form = () => byId("composer");

/** @returns {HTMLTextAreaElement} */
export const text = () => byId("text");

/** @returns {boolean} whether a reply is being written */
export const isRunning = () => main().hasAttribute("data-running");

/** @returns {boolean} whether the server cannot be reached */
export const isAway = () => document.body.hasAttribute("data-away");

/** Send the form as its button would. */
export const submit = () => form().requestSubmit(form().querySelector(".send"));

/** What is sent next is another request than the one before. */
export function forgetRequest() {
  form().elements.request_id.value = "";
}

/** Put the focus into the box, where that brings no keyboard over the page. */
export function focusWithPointer() {
  if (matchMedia("(pointer: fine)").matches) text().focus({ preventScroll: true });
}

/**
 * Put words that were taken out of the box before those that are in it now.
 * @param {string[]} parts
 */
export function joinText(...parts) {
  text().value = parts.filter(Boolean).join("\n\n");
}

// Browsers without `field-sizing` need the height set.
const sizesItself = CSS.supports("field-sizing", "content");

/** Make the box as high as its words. */
export function fit() {
  if (sizesItself) return;
  text().style.height = "auto";
  text().style.height = `${text().scrollHeight}px`;
}

/** Let the button say whether the form can be sent. */
export function markSendable() {
  form().querySelector(".send").disabled = !text().value.trim() || !form().elements.model.value || isAway();
}
hear(events.away, markSendable);
