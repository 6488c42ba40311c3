// What htmx puts into the page: faults are said, and neither the eye nor the focus loses its place.
import { hear, tell } from "../lib/bus.js";
import { byId, targetOf } from "../lib/dom.js";
import { events, htmxEvents } from "../lib/events.js";
import { toast } from "../lib/toast.js";
import { words } from "../lib/words.js";
import { closeDialog, dialog, dialogChanged, isPanelOpen } from "./dialog.js";
import { closeDrawer } from "./drawer.js";
import { markCurrent } from "./navigation.js";

let focused = {};

hear(htmxEvents.beforeRequest, ({ ctx }) => {
  // Another dialog takes the panel's place.
  if (isPanelOpen() && dialog.contains(targetOf(ctx)) && !dialog.contains(ctx.sourceElement)) closeDialog();
  // What is above or below a fork changes; the fork itself stays where the eye is.
  const { submitter } = ctx.request;
  const article = submitter?.closest("article");
  // The reply that is to be written stands there at once, in the place of the one before it.
  if (ctx.request.action.endsWith("/regenerate")) article?.classList.add("is-rewritten");
  ctx.keptFrom = article // it and the one before it; other requests come and go meanwhile
    ? {
        top: article.getBoundingClientRect().top,
        previous: article.previousElementSibling?.id,
        label: submitter.getAttribute("aria-label"),
      }
    : null;
});

const enabled = (button) => (button?.disabled ? button.parentElement.querySelector("button:not(:disabled)") : button);

// Another version of a message has the same buttons; while it is written, it has none and takes the focus itself.
function focusVersion(article, label) {
  if (document.activeElement !== document.body) return;
  const controls = [...article.querySelectorAll(".message-foot :is(a, button)")];
  const same = enabled(controls.find((control) => control.getAttribute("aria-label") === label));
  if (!same) article.tabIndex = -1;
  (same || article).focus({ preventScroll: true });
}

function refused(ctx, status) {
  // Only a chat has a page of its own behind its address; a fragment has none.
  const hasPage = ctx.request.method === "GET" && status < 500 && targetOf(ctx)?.id === "main";
  if (hasPage) location.assign(ctx.request.action);
  else toast(status >= 500 ? words.fault : words.refused);
}

hear(htmxEvents.beforeSwap, ({ ctx }, event) => {
  const { status } = ctx.response || {};
  if (status >= 400 && status !== 422 && !ctx.hx?.retarget) {
    event.preventDefault();
    return refused(ctx, status);
  }
  // A list that was asked for earlier does not take the field away in which somebody writes a title.
  const isBusy = byId("sidebar").querySelector(".rename-here, .is-dragged");
  if (targetOf(ctx)?.id === "history-rows" && isBusy) return event.preventDefault();
  if (ctx.sourceElement?.hasAttribute?.("data-keeps-place")) keepPlace();
});

function keepPlace() {
  const scroll = byId("scroll");
  const below = scroll.scrollHeight - scroll.scrollTop;
  const restore = () => {
    scroll.scrollTop = scroll.scrollHeight - below;
  };
  document.addEventListener(htmxEvents.afterSwap, restore, { once: true });
}

hear(htmxEvents.afterSwap, ({ ctx }) => {
  if (dialog.contains(targetOf(ctx))) dialogChanged();
  if (targetOf(ctx)?.id === "main") {
    closeDrawer();
    tell(events.moved);
  }
  const { keptFrom } = ctx;
  if (keptFrom && targetOf(ctx)?.id === "messages") {
    const before = keptFrom.previous && byId(keptFrom.previous);
    const article = before ? before.nextElementSibling : byId("messages").firstElementChild;
    const isPressed = ctx.sourceElement?.id === "acts"; // and not sent from the message's editor
    if (article && isPressed) byId("scroll").scrollTop += article.getBoundingClientRect().top - keptFrom.top;
    if (article) focusVersion(article, keptFrom.label);
  }
  markCurrent();
});

// The focus outlives a swap: the same control, or where that is disabled now, the one beside it.
hear(htmxEvents.beforeSwap, () => {
  const { activeElement } = document;
  const article = activeElement?.closest("#messages article")?.id;
  focused = { id: activeElement?.id, article, label: activeElement?.getAttribute("aria-label") };
});
hear(htmxEvents.afterSwap, () => {
  if (document.activeElement !== document.body && document.activeElement !== null) return;
  const same = focused.id && focused.id !== focused.article && byId(focused.id);
  const article = focused.article && byId(focused.article);
  if (same) enabled(same)?.focus();
  else if (article) focusVersion(article, focused.label);
});

hear(htmxEvents.finallyRequest, ({ ctx }) => {
  if (ctx.sourceElement?.id === "acts") document.querySelector(".is-rewritten")?.classList.remove("is-rewritten");
});
hear(htmxEvents.error, ({ ctx }) => {
  if (ctx?.sourceElement?.matches?.(".earlier")) return;
  toast(words.unreachable);
});
