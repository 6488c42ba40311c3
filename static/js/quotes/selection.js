// The passage that is selected in a message.
import { byId } from "../lib/dom.js";

/** @typedef {{text: string, message: string, range: Range}} Passage */

function within(range, parts) {
  const whole = document.createRange();
  whole.selectNodeContents(parts);
  const part = range.cloneRange();
  if (part.compareBoundaryPoints(Range.START_TO_START, whole) < 0) {
    part.setStart(whole.startContainer, whole.startOffset);
  }
  if (part.compareBoundaryPoints(Range.END_TO_END, whole) > 0) part.setEnd(whole.endContainer, whole.endOffset);
  return part;
}

function isSame(one, other) {
  return [Range.START_TO_START, Range.END_TO_END].every((how) => one.compareBoundaryPoints(how, other) === 0);
}

/**
 * The passage, if it lies in one message. A triple click reaches into the next one without taking words from it.
 * @returns {Passage | null}
 */
export function selectedPassage() {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const messages = byId("messages");
  if (!messages || !range.intersectsNode(messages)) return null;
  const touched = [];
  for (const article of messages.querySelectorAll("article[data-message]")) {
    const parts = article.querySelector(".parts");
    if (!range.intersectsNode(parts)) continue;
    const part = within(range, parts);
    if (part.toString().trim()) touched.push({ article, part });
    if (touched.length > 1) return null;
  }
  if (!touched.length) return null;
  const [{ article, part }] = touched;
  const text = (isSame(part, range) ? selection : part).toString().trim();
  return text ? { text, message: article.dataset.message, range: part } : null;
}
