// Short ways to what is on the page.

/**
 * @param {string} id
 * @returns {any} the element, or null
 */
export const byId = (id) => document.getElementById(id);

/** @returns {HTMLElement} the page's main part; htmx may have replaced it since it was last asked for */
export const main = () => byId("main");

/** @returns {string | undefined} the id of the conversation on view, if it has one yet */
export const conversation = () => main().dataset.conversation;

/** Whether something is shown over the page that Escape closes first. */
export const isCovered = () => Boolean(document.querySelector(":popover-open, dialog[open]"));

/** @param {MouseEvent} event whether a click opens another tab or window */
export const opensElsewhere = (event) => event.ctrlKey || event.metaKey || event.shiftKey;

/**
 * The element that an answer goes into. The server may name another than the page did; htmx then gives its selector.
 * @param {{target: Element | string}} ctx htmx's request
 * @returns {Element | null}
 */
export const targetOf = ({ target }) => (typeof target === "string" ? document.querySelector(target) : target);

/**
 * @param {string} text
 * @param {string} className
 * @param {(button: HTMLButtonElement) => void} act
 * @returns {HTMLButtonElement} a button that is in no form
 */
export function makeButton(text, className, act) {
  const button = Object.assign(document.createElement("button"), { type: "button", className, textContent: text });
  button.addEventListener("click", () => act(button));
  return button;
}

/**
 * Say something to the ear alone.
 * @param {string} sentence
 */
export function say(sentence) {
  byId("live").textContent = sentence;
}

/** @param {string} id whether a conversation is the one on view */
export const isOnView = (id) => conversation() === id;
