// Keyboard shortcuts. Each clicks the control that a pointer would, so that the two cannot differ; where there is no such
// control, the browser keeps the key. What a person recorded is kept on this device.
const byId = (id) => document.getElementById(id);
const last = (selector) => [...document.querySelectorAll(selector)].pop();
const mac = /Mac|iPhone|iPad/.test(navigator.platform);
const scroll = (top) => byId("messages") && (() => byId("scroll").scrollTo({ top }));
const click = (element) => element && !element.disabled && (() => element.click());

// name: keys, whether it works in any field (else: in the message box and the search of chats, if the keys write nothing
// there), and what it does (nothing: the key is the browser's).
export const actions = {
  shortcuts: { keys: "Mod+Shift+/", anywhere: true, find: () => click(document.querySelector("[data-do=shortcuts]")) },
  newChat: { keys: "Mod+Shift+O", find: () => click(document.querySelector("[data-shortcut=new-chat]")) },
  focusComposer: { keys: "Shift+Escape", anywhere: true, find: () => byId("text") && (() => byId("text").focus()) },
  submit: {
    keys: "Mod+Enter",
    anywhere: true,
    find: () =>
      document.activeElement === byId("text") &&
      byId("text")?.value.trim() &&
      (() => byId("composer").requestSubmit(document.querySelector(".send"))),
  },
  copyReply: { keys: "Mod+Shift+;", find: () => click(last("article.from-model [data-do=copy-message]")) },
  copyCode: { keys: "Mod+Shift+K", find: () => click(last("#messages [data-copy]")) },
  toggleSidebar: {
    keys: "Mod+Shift+S",
    find: () =>
      click(
        [...document.querySelectorAll("[data-do=close-sidebar].icon-button, [data-do=open-sidebar]")].find((each) =>
          each.checkVisibility(),
        ),
      ),
  },
  models: { keys: "Mod+Shift+M", find: () => click(byId("model-button")) },
  search: {
    keys: "Mod+/",
    anywhere: true,
    find: () =>
      byId("list-filter")?.checkVisibility() ? () => byId("list-filter").focus() : () => location.assign("/search"),
  },
  settings: { keys: "Mod+Shift+,", find: () => click(document.querySelector("[data-shortcut=settings]")) },
  bookmark: { keys: "Mod+Shift+B", find: () => click(byId("bookmark-button")) },
  stop: {
    keys: "Mod+Shift+X",
    find: () => byId("main").hasAttribute("data-running") && click(document.querySelector(".stop")),
  },
  regenerate: { keys: "Mod+Shift+E", find: () => click(last("article.from-model [formaction$='/regenerate']")) },
  continueReply: { keys: "Mod+Shift+C", find: () => click(last("#messages > :last-child .continue")) },
  editLast: { keys: "Mod+Shift+I", find: () => click(last("article.from-user [data-do=edit]")) },
  scrollTop: { keys: "Mod+Shift+ArrowUp", find: () => scroll(0) },
  scrollBottom: {
    keys: "Mod+Shift+ArrowDown",
    find: () => byId("messages") && (() => document.dispatchEvent(new CustomEvent("parley:to-end"))),
  },
  archive: { keys: "Mod+Shift+L", find: () => click(document.querySelector("#chat-menu [data-action=archive]")) },
  deleteChat: {
    keys: "Mod+Shift+Backspace",
    find: () => click(document.querySelector("#chat-menu [data-action=delete]")),
  },
};

const STORE = "shortcuts";
function recorded() {
  try {
    return JSON.parse(localStorage.getItem(STORE) || "{}");
  } catch {
    return {};
  }
}
// The keys of an action: the person's own, which may be none, else the default.
export const keysOf = (name) => recorded()[name] ?? actions[name].keys;
export function record(changes) {
  const kept = { ...recorded(), ...changes };
  for (const [name, keys] of Object.entries(kept))
    if (!(name in actions) || keys === actions[name].keys || keys === null) delete kept[name];
  try {
    localStorage.setItem(STORE, JSON.stringify(kept));
  } catch {
    // Storage is full or forbidden: they hold as long as the page stands.
  }
  label();
}
export function reset() {
  localStorage.removeItem(STORE);
  label();
}
// The key of the layout's own place where Shift makes another character of it.
const BASE = { "?": "/", ":": ";", "<": ",", ">": ".", _: "-", "+": "=" };
export function keysIn(event) {
  if (["Control", "Shift", "Alt", "Meta"].includes(event.key)) return "";
  const key = event.key.length === 1 ? (BASE[event.key] || event.key).toUpperCase() : event.key;
  const mod = mac ? event.metaKey : event.ctrlKey;
  return [mod && "Mod", event.altKey && "Alt", event.shiftKey && "Shift", key].filter(Boolean).join("+");
}
const NAMES = {
  Mod: mac ? "⌘" : "Ctrl",
  Shift: mac ? "⇧" : "Shift",
  Alt: mac ? "⌥" : "Alt",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Escape: "Esc",
  Backspace: "⌫",
};
export const spelt = (keys) => keys.split("+").map((key) => NAMES[key] || key);

const field = (target) => target.closest?.("input, textarea, select, [contenteditable]");
const WRITES = /Arrow|Backspace|Delete|Home|End$/; // these change or select what is in the field
function mayFire(event, name, keys) {
  const typing = field(event.target);
  if (!typing || actions[name].anywhere) return true;
  if (typing.id !== "text" && typing.id !== "list-filter") return false;
  if (event.getModifierState("AltGraph")) return false; // it makes characters, and reads as Ctrl+Alt
  return /^(Mod|Alt)\+|^F\d+$/.test(keys) && !(WRITES.test(keys) && typing.value);
}
document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.repeat || event.defaultPrevented) return;
  const keys = keysIn(event);
  const name = keys && Object.keys(actions).find((each) => keysOf(each) === keys);
  if (!name) return;
  const covered = document.querySelector("dialog:modal, [popover]:popover-open:not(#suggest)");
  if (covered && !(name === "shortcuts" && covered.querySelector("[data-shortcut-dialog]"))) return;
  if (!mayFire(event, name, keys)) return;
  const act = covered ? () => byId("dialog").close() : actions[name].find();
  if (!act) return;
  event.preventDefault();
  act();
});

// Controls tell their keys to screen readers, and to a pointer that rests on them.
const SHOWN = {
  newChat: "[data-shortcut=new-chat]",
  settings: "[data-shortcut=settings]",
  models: "#model-button",
  bookmark: "#bookmark-button",
  search: "#list-filter",
  shortcuts: "[data-do=shortcuts]",
  stop: ".stop",
};
function label() {
  for (const [name, selector] of Object.entries(SHOWN)) {
    const keys = keysOf(name);
    for (const element of document.querySelectorAll(selector)) {
      const title = (element.dataset.title ??= element.title);
      if (keys) element.setAttribute("aria-keyshortcuts", keys.replace("Mod", mac ? "Meta" : "Control"));
      else element.removeAttribute("aria-keyshortcuts");
      if (title) element.title = keys ? `${title} (${spelt(keys).join(mac ? "" : "+")})` : title;
    }
  }
}
document.addEventListener("htmx:after:swap", label);
label();
