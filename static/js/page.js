// What every chat page does beside the chat: theme, sidebar, menus, dialog, toasts, copying, moving between chats.
import { byId } from "./lib/dom.js";
import { words } from "./lib/words.js";
import { copy } from "./page/copying.js";

const body = document.body;
const narrow = matchMedia("(max-width: 48rem)");

function remember(name, value) {
  document.cookie = `${name}=${encodeURIComponent(value)};path=/;max-age=${value ? 31536000 : 0};samesite=lax`;
}
remember("tz", Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC");

// --- toasts and the live region -------------------------------------------------------------
function toast(message, kind = "bad", undo = null) {
  const box = byId("toast").content.firstElementChild.cloneNode(true);
  box.classList.replace("bad", kind);
  if (kind === "good") box.querySelector("use").setAttribute("href", "#i-check");
  box.querySelector("span").textContent = message;
  if (undo) {
    const button = Object.assign(document.createElement("button"), {
      type: "button",
      className: "button quiet",
      textContent: words.undo,
    });
    button.addEventListener("click", () => {
      box.remove();
      takeBack(undo);
    });
    box.querySelector("span").after(button);
  }
  byId("toasts").append(box);
  return box;
}
function takeBack(way) {
  if (stored("undo")?.way.token === way.token) stored("undo", null);
  offerUndo();
  ask(way.address, "POST", { token: way.token });
}
// Not while somebody reads it; a finger leaves :hover behind, which does not count.
function fade(box) {
  const read = box.matches(":focus-within") || (matchMedia("(hover: hover)").matches && box.matches(":hover"));
  if (read) setTimeout(fade, 3000, box);
  else box.remove();
}
const fading = new MutationObserver((changes) => {
  for (const box of changes.flatMap((change) => [...change.addedNodes])) if (box.nodeType === 1) fadeLater(box);
});
function fadeLater(box) {
  if (box.dataset.stays) return;
  setTimeout(fade, box.querySelector("button.button") ? 30000 : box.matches(".good") ? 5000 : 12000, box);
}
fading.observe(byId("toasts"), { childList: true });
// What is told while the page goes away is told by the next one.
function stored(name, value) {
  try {
    if (value === undefined) return JSON.parse(sessionStorage.getItem(name) || "null");
    if (value) sessionStorage.setItem(name, JSON.stringify(value));
    else sessionStorage.removeItem(name);
  } catch {
    // Storage is forbidden: it is then not told.
  }
  return null;
}
function showStored() {
  const told = stored("toast");
  stored("toast", null);
  if (told) toast(told.message, "good", told.undo);
  for (const box of byId("toasts").children) fadeLater(box); // those the server sent with the page
}
// The server takes things back for ten minutes; the account's menu offers it longer than a toast stays.
const GRACE = 9.5 * 60000;
function remembered(message, way) {
  stored("undo", { message, way, until: Date.now() + GRACE });
  offerUndo();
}
function offerUndo() {
  const last = stored("undo");
  byId("undo-last").hidden = !(last?.until > Date.now());
  byId("undo-last").querySelector("small").textContent = last?.message || "";
}
document.addEventListener("parley:toast", (event) => {
  const { message, kind, stays, id } = event.detail;
  if (id && byId(id)) return;
  const box = toast(message, kind);
  if (stays) box.dataset.stays = "yes";
  if (id) box.id = id;
});

// --- sidebar: a column, or a drawer on narrow screens ------------------------------------------
let drawerOpener = null;
let drawerWatcher = null; // where the system has a way to close things, as a phone's Back has
function drawer(open) {
  drawerWatcher?.destroy();
  drawerWatcher = open && "CloseWatcher" in window ? new CloseWatcher() : null;
  drawerWatcher?.addEventListener("close", () => body.classList.contains("drawer-open") && drawer(false));
  body.classList.toggle("drawer-open", open);
  byId("main").inert = open;
  byId("main").querySelector(".opener")?.setAttribute("aria-expanded", open);
  if (open) byId("sidebar").querySelector("a").focus();
  else if (drawerOpener?.isConnected) drawerOpener.focus();
  drawerOpener = null;
}
function openSidebar(button) {
  if (narrow.matches) {
    drawer(true);
    drawerOpener = button;
  } else {
    body.dataset.sidebar = "open";
    remember("sidebar", "");
    byId("sidebar").querySelector("[data-do=close-sidebar]").focus();
  }
}
function closeSidebar() {
  if (narrow.matches) return drawer(false);
  body.dataset.sidebar = "closed";
  remember("sidebar", "closed");
  byId("main").querySelector(".opener")?.focus();
}
narrow.addEventListener("change", () => body.classList.contains("drawer-open") && drawer(false));

// --- menus: placed beside what opened them -------------------------------------------------------
const ROOMY = 360; // pixels, enough for the longest menu of a row
let opener = null;
document.addEventListener(
  "click",
  (event) => {
    opener = event.target.closest("[popovertarget], [aria-haspopup=dialog]") || opener;
  },
  true,
);
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
document.addEventListener("htmx:after:swap", () => {
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
    if (open) menu.querySelector(".menu-item")?.focus();
  },
  true,
);
document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".menu:popover-open");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!menu || !step) return;
  event.preventDefault();
  const items = [...menu.querySelectorAll("a, button")];
  items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
});
function rowMenu(button) {
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

// --- dialog: its content comes from the server -----------------------------------------------------
const dialog = byId("dialog");
let dialogOpener = null;
function closeDialog() {
  if (dialog.open) dialog.close();
  else byId("dialog-body").replaceChildren();
}
// Open a form in the dialog, or send one that asks only whether.
function ask(address, method = "GET", more = {}) {
  for (const menu of document.querySelectorAll(".menu:popover-open")) menu.hidePopover();
  if (method === "GET") {
    const query = new URLSearchParams(more);
    return htmx.ajax("GET", query.size ? `${address}?${query}` : address, { target: "#dialog-body" });
  }
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  return htmx.ajax(method, address, { target: "#dialog-body", values: { ...more, csrfmiddlewaretoken: token } });
}
document.addEventListener("parley:ask", ({ detail }) => ask(detail.address, detail.method, detail.values));
dialog.addEventListener("close", () => {
  if (dialog.querySelector(".parameters")) {
    document.dispatchEvent(new CustomEvent("parley:changed"));
    const { settings } = byId("composer").elements;
    if (!byId("main").dataset.conversation)
      byId("parameters-button")?.toggleAttribute("data-set", !["", "{}"].includes(settings.value));
  }
  byId("dialog-body").replaceChildren();
  (dialogOpener?.isConnected ? dialogOpener : byId("text"))?.focus();
  dialogOpener = null;
});
dialog.addEventListener("click", (event) => event.target === dialog && dialog.matches(":modal") && closeDialog());
const panelOpen = () => dialog.open && !dialog.matches(":modal");
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !panelOpen() || event.defaultPrevented || document.querySelector(":popover-open"))
    return;
  dialog.querySelector("[data-do=close-dialog]").click(); // what was typed last is kept
});
document.addEventListener("parley:moved", () => panelOpen() && closeDialog());
// The focus goes to the next row, for the next of the same.
function takeAway(row) {
  const next = row.contains(document.activeElement) && (row.nextElementSibling ?? row.previousElementSibling);
  row.remove();
  if (next) next.querySelector("[data-verb], a, button")?.focus();
}
function dialogChanged() {
  const renamed = dialog.querySelector("[data-renamed]");
  const done = dialog.querySelector("[data-done]");
  const atOnce = dialog.querySelector("form[data-at-once]");
  if (done) {
    const { done: message, undo, token, go, gone, clears } = done.dataset;
    const way = undo && { address: undo, token };
    closeDialog();
    if (way) remembered(message, way);
    if (go && !staysFor(go)) stored("toast", { message, undo: way });
    else toast(message, "good", way);
    document.dispatchEvent(new CustomEvent("parley:done"));
    if (!go && !gone) document.dispatchEvent(new CustomEvent("parley:changed"));
    if (clears) byId(clears)?.remove();
    if (gone) for (const row of document.querySelectorAll(`[data-row="${gone}"]`)) takeAway(row);
    if (gone && byId("main").dataset.conversation === gone) visit("/c/new");
    else if (go) visit(go);
  } else if (atOnce) {
    atOnce.requestSubmit();
  } else if (renamed) {
    retitle(renamed.dataset.renamed, renamed.textContent);
    closeDialog();
  } else if (!dialog.open) {
    for (const menu of document.querySelectorAll(":popover-open")) menu.hidePopover();
    dialogOpener = opener;
    if (dialog.querySelector(".parameters") && !narrow.matches)
      dialog.show(); // a panel: the chat stays in use
    else dialog.showModal();
    const needs = dialog.querySelector("[data-needs]");
    if (needs) import(needs.dataset.needs);
    const first = dialog.querySelector(".parameters .input, input:not([type=hidden], [type=radio], [type=checkbox])");
    first?.focus();
    first?.select?.();
  }
}

// --- moving between chats ----------------------------------------------------------------------------
const staysFor = (address) => byId("messages") && address.startsWith("/c/"); // else the page has no place for it
function visit(address) {
  if (!staysFor(address)) return location.assign(address);
  htmx.ajax("GET", address, { target: "#main", swap: "outerHTML show:none", push: "true" });
}
function retitle(conversation, title) {
  const row = byId("sidebar").querySelector(`[data-row="${conversation}"] .row span`);
  if (row) row.textContent = title;
  if (byId("main").dataset.conversation !== conversation) return;
  document.title = `${title} · ${document.title.split(" · ").pop()}`;
  const heading = byId("chat-title");
  if (heading) heading.textContent = title;
}
document.addEventListener("parley:visit", ({ detail }) => visit(detail.address));
document.addEventListener("parley:retitle", (event) => retitle(event.detail.conversation, event.detail.title));
function markCurrent() {
  for (const link of byId("sidebar").querySelectorAll(".history .row")) {
    if (link.pathname === location.pathname && location.pathname !== "/c/new")
      link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}
// The server may name another target than the page did; htmx then gives its selector.
const targetOf = ({ target }) => (typeof target === "string" ? document.querySelector(target) : target);
let keptFrom = null;
document.addEventListener("htmx:before:request", (event) => {
  const { ctx } = event.detail;
  // Another dialog takes the panel's place.
  if (panelOpen() && dialog.contains(targetOf(ctx)) && !dialog.contains(ctx.sourceElement)) closeDialog();
  // What is above or below a fork changes; the fork itself stays where the eye is.
  const article = ctx.request.submitter?.closest("article");
  // The reply that is to be written stands there at once, in the place of the one before it.
  if (ctx.request.action.endsWith("/regenerate")) article?.classList.add("is-rewritten");
  keptFrom = article
    ? { top: article.getBoundingClientRect().top, previous: article.previousElementSibling?.id }
    : null;
});
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  const { status } = ctx.response || {};
  if (status >= 400 && status !== 422 && !ctx.hx?.retarget) {
    event.preventDefault();
    // Only a chat has a page of its own behind its address; a fragment has none.
    if (ctx.request.method === "GET" && status < 500 && targetOf(ctx)?.id === "main")
      location.assign(ctx.request.action);
    else toast(status >= 500 ? words.fault : words.refused);
    return;
  }
  // A list that was asked for earlier does not take the field away in which somebody writes a title.
  if (targetOf(ctx)?.id === "history-rows" && byId("sidebar").querySelector(".rename-here, .is-dragged"))
    return event.preventDefault();
  if (ctx.sourceElement?.hasAttribute?.("data-keeps-place")) {
    const scroll = byId("scroll");
    const below = scroll.scrollHeight - scroll.scrollTop;
    document.addEventListener("htmx:after:swap", () => (scroll.scrollTop = scroll.scrollHeight - below), {
      once: true,
    });
  }
});
document.addEventListener("htmx:after:swap", (event) => {
  const { ctx } = event.detail;
  if (dialog.contains(targetOf(ctx))) dialogChanged();
  if (targetOf(ctx)?.id === "main") {
    if (body.classList.contains("drawer-open")) drawer(false);
    document.dispatchEvent(new CustomEvent("parley:moved"));
  }
  if (keptFrom && targetOf(ctx)?.id === "messages" && ctx.sourceElement?.id === "acts") {
    const before = keptFrom.previous && byId(keptFrom.previous);
    const article = before ? before.nextElementSibling : byId("messages").firstElementChild;
    if (article) byId("scroll").scrollTop += article.getBoundingClientRect().top - keptFrom.top;
  }
  keptFrom = null;
  markCurrent();
});
// The focus outlives a swap: the same control, or where that is disabled now, the one beside it.
let focusedBefore = "";
document.addEventListener("htmx:before:swap", () => (focusedBefore = document.activeElement?.id || ""));
document.addEventListener("htmx:after:swap", () => {
  const same = focusedBefore && byId(focusedBefore);
  if (!same || (document.activeElement !== document.body && document.activeElement !== null)) return;
  (same.disabled ? same.parentElement.querySelector("button:not(:disabled)") : same)?.focus();
});
document.addEventListener("htmx:finally:request", ({ detail }) => {
  if (detail.ctx.sourceElement?.id === "acts")
    document.querySelector(".is-rewritten")?.classList.remove("is-rewritten");
});
document.addEventListener("htmx:error", (event) => {
  if (event.detail.ctx?.sourceElement?.matches?.(".earlier")) return;
  toast(words.unreachable);
});

// Only a block that somebody is at is asked whether its lines are too long.
for (const sign of ["pointerover", "focusin"])
  document.addEventListener(sign, ({ target }) => {
    const block = target.closest?.(".prose .code");
    if (block && !block.querySelector(".wrap")) import("parley/code").then((module) => module.offer(block));
  });

// --- one listener for all clicks ---------------------------------------------------------------------------
const acts = {
  "open-sidebar": openSidebar,
  "close-sidebar": closeSidebar,
  "close-dialog": (_, event) => dialog.open && (event.preventDefault(), closeDialog()),
  "row-menu": rowMenu,
  "put-away": (button) => {
    const banner = button.closest("[data-banner]");
    remember("banner", banner.dataset.banner);
    banner.remove();
  },
  dismiss: (button) => button.closest("[data-toast]").remove(),
  "dismiss-note": (button) => {
    remember("local_hint", "seen");
    button.closest("[data-note]").remove();
    byId("text").focus();
  },
  theme: (button, event) => {
    event.preventDefault(); // in the settings it sends a form, for browsers without scripts
    const { theme } = button.dataset;
    remember("theme", theme);
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    for (const each of button.parentElement.children) each.setAttribute("aria-pressed", each === button);
  },
  "text-size"(button, event) {
    event.preventDefault();
    remember("size", button.value);
    document.documentElement.dataset.size = button.value;
    for (const each of button.parentElement.children) each.setAttribute("aria-pressed", each === button);
  },
  "copy-thoughts": (button) => copy(button, button.closest(".think").querySelector(".prose").innerText.trim()),
  favourite(button, event) {
    event.preventDefault();
    const { endpoint, model, spec } = button.form.elements;
    ask("/favourites", "POST", { endpoint: endpoint.value, model: model.value, spec: spec.value });
    document.dispatchEvent(new CustomEvent("parley:favourite"));
  },
  "choose-model": () => byId("model-button")?.click(),
  "undo-last": () => takeBack(stored("undo").way),
  "copy-link": (button) => copy(button, button.parentElement.querySelector("input").value),
  "copy-message": (button) => copy(button, button.parentElement.querySelector("template.source").content.textContent),
};
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do], [data-copy], [data-verb]");
  if (!button) return;
  if (button.dataset.do in acts) acts[button.dataset.do](button, event);
  else if (button.dataset.module)
    import(button.dataset.module).then((module) => module[button.dataset.do](button, event));
  else if ("copy" in button.dataset) copy(button, button.closest(".code").querySelector("pre code").textContent);
  else if ("verb" in button.dataset) {
    event.preventDefault();
    ask(button.getAttribute("href"), button.dataset.verb === "post" ? "POST" : "GET");
  }
});
document.addEventListener("keydown", (event) => {
  if (
    event.key === "Escape" &&
    body.classList.contains("drawer-open") &&
    !document.querySelector(":popover-open, dialog[open]")
  )
    drawer(false);
});

// --- quoting: its script comes with the first selection, or when quotes were kept -----------------------------
let quoting = null;
const loadQuotes = () => (quoting ||= import("parley/quotes"));
function keptQuotes() {
  try {
    return localStorage.getItem(`quotes:${byId("main").dataset.conversation || "new"}`);
  } catch {
    return null;
  }
}
document.addEventListener("selectionchange", () => getSelection().isCollapsed || loadQuotes());
document.addEventListener("parley:moved", () => keptQuotes() && loadQuotes());
if (byId("quotes")?.children.length || keptQuotes()) loadQuotes();

// iOS lays the keyboard over the page; this keeps the composer above it.
const view = window.visualViewport;
view?.addEventListener("resize", () => {
  if (view.scale > 1.01) return;
  document.documentElement.style.setProperty("--view", `${Math.round(view.height)}px`);
  scrollTo(0, 0);
});

// What only long threads on wide screens need comes when there is time.
const wide = matchMedia("(min-width: 80rem)");
const whenIdle = window.requestIdleCallback || ((then) => setTimeout(then, 500));
let stripLoaded = false;
function loadStrip() {
  if (stripLoaded || !wide.matches || document.querySelectorAll("#messages article").length < 8) return;
  stripLoaded = true;
  import("parley/strip");
}
whenIdle(loadStrip);
// A diagram is code until somebody is there to look at it: what draws is a megabyte, and keeps a phone busy.
let somebody = false;
const drawDiagrams = () =>
  somebody &&
  document.querySelector(".code[data-lang=mermaid]:not([data-drawn])") &&
  import("parley/diagram").then((module) => module.draw());
for (const moment of ["htmx:after:swap", "parley:ended"]) document.addEventListener(moment, drawDiagrams);
function come() {
  if (somebody) return;
  somebody = true;
  whenIdle(drawDiagrams);
}
for (const sign of ["pointermove", "pointerdown", "wheel", "touchstart", "keydown"])
  addEventListener(sign, come, { once: true, passive: true, capture: true });
document.addEventListener("htmx:after:swap", () => stripLoaded || whenIdle(loadStrip));
document.addEventListener("beforetoggle", (event) => event.target.id === "account-menu" && offerUndo(), true);
showStored();
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
