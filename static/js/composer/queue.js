// Messages that wait for the reply to end. This tab keeps them, also through a reload, until the server has them.
import { hear } from "../lib/bus.js";
import { post } from "../lib/csrf.js";
import { byId } from "../lib/dom.js";
import { events } from "../lib/events.js";
import { keyOfChat, readJson, writeJson } from "../lib/store.js";
import { toast } from "../lib/toast.js";
import { words } from "../lib/words.js";
import { saveDraft } from "./drafts.js";
import { fit, forgetRequest, isAway, isRunning, joinText, submit, text } from "./form.js";

const AFTER_THE_END = 50; // milliseconds

/** What is on its way to the server, and whether it came from here. */
export const underway = {
  /** @type {{typed: string, nodes: Element[], draft: string} | null} */
  sending: null,
  isQueued: false,
};

const queueName = () => keyOfChat("waiting");

/** @returns {string[]} */
export const queued = () => readJson("session", queueName()) || [];

/**
 * @param {string[]} list
 * @param {boolean} [held] whether somebody has to say when it goes on
 */
export function setQueue(list, held = false) {
  writeJson("session", queueName(), list);
  showQueue(list, held);
}

/**
 * @param {string[]} list
 * @param {boolean} [held]
 */
export function showQueue(list, held = false) {
  byId("waiting")?.replaceChildren(...list.map((message, index) => cardOf(message, index, held)));
}

function cardOf(message, index, held) {
  const card = byId("waiting-card").content.firstElementChild.cloneNode(true);
  card.querySelector("p").textContent = message;
  const takeOut = () =>
    setQueue(
      queued().filter((_, at) => at !== index),
      held,
    );
  card.querySelector("[data-drop]").addEventListener("click", takeOut);
  card.querySelector("[data-change]").addEventListener("click", () => {
    takeOut();
    joinText(text().value, message);
    saveDraft();
    text().focus();
  });
  const now = card.querySelector("[data-now]");
  now.hidden = !held || index > 0;
  now.addEventListener("click", sendNext);
  const steer = card.querySelector("[data-steer]");
  steer.hidden = !isRunning();
  steer.addEventListener("click", async () => {
    const run = byId("messages").querySelector("[data-run]")?.dataset.run;
    if (run && (await post(`/generations/${run}/steer`, [["text", message]]))) takeOut();
    else toast(words.refused);
  });
  return card;
}

/** @param {string} message which was in the box */
export function enqueue(message) {
  setQueue([...queued(), message]);
  text().value = "";
  saveDraft();
  fit();
}

function sendNext() {
  const [first] = queued();
  if (!first || isRunning() || underway.sending || isAway()) return;
  const typed = text().value;
  underway.isQueued = true;
  forgetRequest();
  text().value = first;
  submit();
  text().value = typed;
  showQueue(queued().slice(1));
  saveDraft();
}

hear(events.ended, ({ state }) => {
  if (!queued().length) return;
  if (state === "complete" || state === "stopped") setTimeout(sendNext, AFTER_THE_END);
  else showQueue(queued(), true);
});
