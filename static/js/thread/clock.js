// How long a model has been silent, or thinking, and its last words, while its thoughts are folded.
import { runs } from "./state.js";

const PATIENCE = 10; // seconds in which nobody wonders
const MAX_PREVIEW = 90; // characters

/**
 * The seconds since a run was begun. The server says how many they were when it wrote the page: clocks differ.
 * @param {HTMLElement} article
 * @returns {number}
 */
export function secondsOf(article) {
  const waited = article.querySelector(":scope > .wait")?.dataset.waited || 0;
  article.dataset.since ??= Date.now() - waited * 1000;
  return Math.max(0, Math.floor((Date.now() - article.dataset.since) / 1000));
}
const minutes = (seconds) => `${Math.floor(seconds / 60)}:${`${seconds % 60}`.padStart(2, "0")}`;

function previewOf(clock) {
  const known = clock.closest(".think").querySelector(".think-preview");
  if (known) return known;
  const preview = Object.assign(document.createElement("span"), { className: "think-preview", dir: "auto" });
  preview.setAttribute("aria-hidden", "true");
  clock.parentElement.after(preview);
  return preview;
}

function lastWords(text) {
  return text.length > MAX_PREVIEW ? `…${text.slice(text.indexOf(" ", text.length - MAX_PREVIEW))}` : text;
}

/** Tell the time wherever it is told. */
export function tick() {
  for (const article of runs.values()) {
    const sign = article.querySelector(":scope > .wait");
    const seconds = secondsOf(article);
    if (sign && seconds >= PATIENCE) sign.textContent = sign.dataset.words.replace("%", minutes(seconds));
  }
  for (const clock of document.querySelectorAll("#messages .think-clock")) {
    const seconds = secondsOf(clock.closest("article"));
    clock.textContent = seconds < 60 ? `${seconds} s` : minutes(seconds);
    previewOf(clock).textContent = lastWords(clock.closest(".think").querySelector(".prose").textContent.trim());
  }
}
setInterval(() => runs.size && tick(), 1000);
