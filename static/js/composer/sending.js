// Sending: what is sent shows at once, and comes back when sending fails.
import { hear, tell } from "../lib/bus.js";
import { byId, main } from "../lib/dom.js";
import { events, htmxEvents } from "../lib/events.js";
import { draftName, dropDraft, saveDraft } from "./drafts.js";
import { fit, forgetRequest, form, isAway, isRunning, joinText, markSendable, text } from "./form.js";
import { rememberPick } from "./pick.js";
import { enqueue, handOver, renameUnsent, takeBack, underway } from "./queue.js";

function requestId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Before the form's data are collected, so that trying again with the same words starts no second run.
document.addEventListener(
  "submit",
  (event) => {
    if (event.target !== form()) return;
    const typed = event.submitter?.name === "starter" ? event.submitter.value : text().value;
    const isBusy = isRunning() || underway.sending;
    if (typed.trim() && !isBusy && !isAway()) {
      form().elements.request_id.value ||= requestId();
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    if (typed.trim() && isBusy) enqueue(typed, requestId());
    text().focus();
  },
  true,
);

function pendingOf(message) {
  const pending = byId("pending").content.cloneNode(true);
  pending.querySelector(".prose").textContent = message;
  pending.querySelector(".who h2").textContent = document.querySelector("[data-model-name]")?.textContent || "";
  const icon = document.querySelector("[data-model-icon] .model-icon");
  if (icon) pending.querySelector(".face").replaceChildren(icon.cloneNode(true));
  return pending;
}

hear(htmxEvents.beforeRequest, ({ ctx }) => {
  if (ctx.sourceElement !== form()) return;
  const fields = new URLSearchParams(ctx.request.body);
  const pending = pendingOf(fields.get("starter") || fields.get("text"));
  underway.sending = {
    typed: text().value,
    nodes: [...pending.children],
    draft: draftName(),
  };
  byId("messages").append(pending);
  byId("composer-error").replaceChildren();
  text().value = "";
  markSendable();
  fit();
  tell(events.toEnd);
});

hear(htmxEvents.beforeSwap, ({ ctx }) => {
  if (ctx.sourceElement !== form() || ctx.response.status !== 200) return;
  for (const node of underway.sending?.nodes || []) node.remove();
  if (underway.sending) sent(ctx);
  underway.sending = null;
  handOver();
});

hear(htmxEvents.finallyRequest, ({ ctx }) => {
  const { sending } = underway;
  if (ctx.sourceElement !== form() || !sending) return;
  for (const node of sending.nodes) node.remove();
  if (sending.typed && sending.typed !== text().value) joinText(sending.typed, text().value);
  underway.sending = null;
  takeBack();
  markSendable();
  fit();
  text().focus();
});

function sent(ctx) {
  rememberPick("");
  dropDraft(underway.sending.draft);
  forgetRequest();
  form().elements.settings.value = "";
  const address = ctx.hx?.pushurl;
  if (address) begun(address);
  saveDraft();
  text().focus();
}

// The chat has an address now. What waits goes on under its name.
function begun(address) {
  form().querySelector(".scope")?.remove();
  form().querySelector("[name=project]")?.remove();
  form().setAttribute("action", `${address}/turns`);
  const keepWaiting = renameUnsent();
  main().dataset.conversation = address.split("/").pop();
  byId("waiting").dataset.queue = `${address}/queue`;
  keepWaiting();
  tell(events.listed);
}
