// Messages that wait for the reply to end. The server keeps and sends them; until it has one, this tab keeps it.
import { hear, tell } from "../lib/bus.js";
import { send } from "../lib/csrf.js";
import { byId, conversation, isOnView } from "../lib/dom.js";
import { events } from "../lib/events.js";
import { keyOfChat, readJson, writeJson } from "../lib/store.js";
import { toast } from "../lib/toast.js";
import { words } from "../lib/words.js";
import { saveDraft } from "./drafts.js";
import { fit, form, isAway, joinText, text } from "./form.js";

/** What is on its way to the server. */
export const underway = {
  /** @type {{typed: string, nodes: Element[], draft: string} | null} */
  sending: null,
};

const OF_NO_MESSAGE = ["csrfmiddlewaretoken", "text", "request_id", "project"];
let isHandingOver = false;

/** @returns {[string, string][][]} the forms that the server does not have yet */
const unsent = () => readJson("session", keyOfChat("unsent")) || [];

const textOf = (pairs) => pairs.find(([name]) => name === "text")?.[1] || "";

/** @param {[string, string][][]} list */
function keepUnsent(list) {
  writeJson("session", keyOfChat("unsent"), list);
  showUnsent();
}

/** Show what this tab keeps behind what the server has. */
export function showUnsent() {
  for (const card of byId("waiting").querySelectorAll("[data-unsent]")) card.remove();
  for (const pairs of unsent()) {
    const card = byId("waiting-card").content.firstElementChild.cloneNode(true);
    card.dataset.unsent = "";
    card.querySelector("p").textContent = textOf(pairs);
    byId("waiting").append(card);
  }
}

/** @param {string} html the queue as the server has it */
function showQueue(html) {
  byId("waiting").outerHTML = html;
  showUnsent();
}

/**
 * Queue what is in the box, with all that goes with it.
 * @param {string} message
 * @param {string} request the id that makes a repeated request the same
 */
export function enqueue(message, request) {
  const pairs = [...new FormData(form())].filter(([name]) => !OF_NO_MESSAGE.includes(name));
  keepUnsent([...unsent(), [...pairs, ["text", message], ["request_id", request]]]);
  text().value = "";
  tell(events.quotesTaken);
  saveDraft();
  fit();
  handOver();
}

/** Give the server what it does not have yet, one after the other. What it refuses comes back into the box. */
export async function handOver() {
  const id = conversation();
  if (isHandingOver || isAway() || underway.sending || !id) return;
  isHandingOver = true;
  for (let [first] = unsent(); first; [first] = unsent()) {
    const answer = await send(`/c/${id}/queue`, first);
    if (!answer || !isOnView(id)) break;
    keepUnsent(unsent().slice(1));
    if (!answer.ok) joinText(textOf(first), text().value);
    await show(answer);
  }
  isHandingOver = false;
}

/** @param {Response | null} answer the queue, or why something was refused */
async function show(answer) {
  const html = answer ? await answer.text() : "";
  if (answer?.ok) showQueue(html);
  else if (answer && html.includes("toast")) byId("toasts").insertAdjacentHTML("beforeend", html);
  else toast(words.refused);
}

/** What waits for a chat that was never begun goes back into the box; elsewhere it waits for the next that is sent. */
export function takeBack() {
  if (conversation()) return;
  joinText(text().value, ...unsent().map(textOf));
  keepUnsent([]);
}

/** @returns {() => void} keeps what waits under the chat's name, when it has another */
export function renameUnsent() {
  const list = unsent();
  keepUnsent([]);
  return () => keepUnsent(list);
}

/** Read the queue anew, after a word that it has changed. */
export async function readQueue() {
  const id = conversation();
  const answer = await fetch(byId("waiting").dataset.queue, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (answer?.ok && isOnView(id)) showQueue(await answer.text());
}

document.addEventListener(
  "click",
  async (event) => {
    const button = event.target.closest("[data-queue-act]");
    if (!button) return;
    event.preventDefault();
    const act = button.dataset.queueAct;
    const typed = button.closest("[data-queued]").querySelector("p").textContent;
    const answer = await send(button.getAttribute("formaction"), []);
    await show(answer);
    if (act === "send" && answer?.ok) tell(events.stale);
    if (act === "edit" && answer?.ok) joinText(text().value, typed);
    saveDraft();
    fit();
    text().focus();
  },
  true,
);

hear(events.away, handOver);
hear(events.queued, readQueue);
