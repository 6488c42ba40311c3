// The chips above the text box: what the next message quotes. They are kept with the chat until it is sent.
import { hear, tell } from "../lib/bus.js";
import { byId, say } from "../lib/dom.js";
import { events, htmxEvents } from "../lib/events.js";
import { keyOfChat, readJson, writeJson } from "../lib/store.js";

let sending = null; // what went with a request: the chat's key, and the quotes

/** @returns {HTMLElement | null} the list they stand in */
export const chips = () => byId("quotes");

const key = () => keyOfChat("quotes");
const refuse = (message) => tell(events.toast, { message, kind: "bad" });
const isComposer = (ctx) => ctx.sourceElement?.id === "composer";
const valuesOf = (row) => [...row.querySelectorAll("input")].map((input) => input.value);
const quotes = () => [...chips().children].map(valuesOf);

function addChip(text, message) {
  const row = byId("quote-chip").content.firstElementChild.cloneNode(true);
  const [label, passage, source] = row.children;
  label.textContent = label.title = passage.value = text;
  source.value = message;
  chips().append(row);
}

function changed() {
  byId("composer").elements.request_id.value = ""; // with other quotes it is another request
  writeJson("local", key(), quotes());
}

/** @param {{text: string, message: string}} passage */
export function addQuote({ text, message }) {
  const { limit, most, full, long, added } = chips().dataset;
  if (chips().children.length >= limit) return refuse(full);
  if (text.length > most) return refuse(long);
  addChip(text, message);
  changed();
  getSelection().removeAllRanges();
  say(added);
  byId("text").focus();
}

/** Bring back what was kept with the chat on view. */
export function restoreQuotes() {
  if (!chips() || chips().children.length) return;
  try {
    for (const [text, message] of readJson("local", key()) || []) addChip(text, message);
  } catch {
    writeJson("local", key(), null); // it is none of ours
  }
}

document.addEventListener("click", (event) => {
  const row = event.target.closest(".quote-chip button")?.closest(".quote-chip");
  if (!row) return;
  const next = row.nextElementSibling || row.previousElementSibling;
  row.remove();
  changed();
  (next?.querySelector("button") || byId("text")).focus();
});

// --- sending: gone at once, back when it fails ---
hear(htmxEvents.beforeRequest, ({ ctx }) => {
  if (!isComposer(ctx) || !chips().children.length) return;
  sending = { name: key(), rows: quotes() };
  chips().replaceChildren();
});
hear(htmxEvents.beforeSwap, ({ ctx }) => {
  if (!isComposer(ctx) || !sending || ctx.response.status !== 200) return;
  writeJson("local", sending.name, null);
  sending = null;
});
hear(htmxEvents.finallyRequest, ({ ctx }) => {
  if (!isComposer(ctx) || !sending) return;
  for (const [text, message] of sending.rows) addChip(text, message);
  sending = null;
});
hear(events.quotesTaken, () => {
  chips().replaceChildren();
  changed();
});
hear(events.moved, restoreQuotes);
