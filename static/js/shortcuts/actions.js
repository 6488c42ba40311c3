// What keyboard shortcuts do. Each clicks the control that a pointer would, so that the two cannot differ; where there is
// no such control, the browser keeps the key.
import { tell } from "../lib/bus.js";
import { byId, main } from "../lib/dom.js";
import { events } from "../lib/events.js";

/**
 * @typedef {object} Action
 * @property {string} keys by default
 * @property {boolean} [anywhere] whether it works in any field; else in the message box and the search of chats, if the
 *   keys write nothing there
 * @property {() => (() => unknown) | null | undefined | false | ""} find what it does now; nothing: the key is the browser's
 */

const one = (selector) => document.querySelector(selector);
const last = (selector) => [...document.querySelectorAll(selector)].pop();
const click = (element) => element && !element.disabled && (() => element.click());

function toggler() {
  const buttons = document.querySelectorAll("[data-do=close-sidebar].icon-button, [data-do=open-sidebar]");
  return [...buttons].find((button) => button.checkVisibility());
}

function submits() {
  const isReady = document.activeElement === byId("text") && byId("text")?.value.trim();
  return isReady && (() => byId("composer").requestSubmit(one(".send")));
}

function searches() {
  const box = byId("list-filter");
  return box?.checkVisibility() ? () => box.focus() : () => location.assign("/search");
}

/** @type {Record<string, Action>} */
export const actions = {
  shortcuts: { keys: "Mod+Shift+/", anywhere: true, find: () => click(one("[data-do=shortcuts]")) },
  newChat: { keys: "Mod+Shift+O", find: () => click(one("[data-shortcut=new-chat]")) },
  focusComposer: { keys: "Shift+Escape", anywhere: true, find: () => byId("text") && (() => byId("text").focus()) },
  submit: { keys: "Mod+Enter", anywhere: true, find: submits },
  copyReply: { keys: "Mod+Shift+;", find: () => click(last("article.from-model [data-do=copy-message]")) },
  copyCode: { keys: "Mod+Shift+K", find: () => click(last("#messages [data-copy]")) },
  toggleSidebar: { keys: "Mod+Shift+S", find: () => click(toggler()) },
  models: { keys: "Mod+Shift+M", find: () => click(byId("model-button")) },
  search: { keys: "Mod+/", anywhere: true, find: searches },
  settings: { keys: "Mod+Shift+,", find: () => click(one("[data-shortcut=settings]")) },
  bookmark: { keys: "Mod+Shift+B", find: () => click(byId("bookmark-button")) },
  stop: { keys: "Mod+Shift+X", find: () => main().hasAttribute("data-running") && click(one(".stop")) },
  regenerate: { keys: "Mod+Shift+E", find: () => click(last("article.from-model [formaction$='/regenerate']")) },
  continueReply: { keys: "Mod+Shift+C", find: () => click(last("#messages > :last-child .continue")) },
  editLast: { keys: "Mod+Shift+I", find: () => click(last("article.from-user [data-do=edit]")) },
  scrollTop: {
    keys: "Mod+Shift+ArrowUp",
    find: () => byId("messages") && (() => byId("scroll").scrollTo({ top: 0 })),
  },
  scrollBottom: { keys: "Mod+Shift+ArrowDown", find: () => byId("messages") && (() => tell(events.toEnd)) },
  archive: { keys: "Mod+Shift+L", find: () => click(one("#chat-menu [data-action=archive]")) },
  deleteChat: { keys: "Mod+Shift+Backspace", find: () => click(one("#chat-menu [data-action=delete]")) },
};
