// Drafts: what is written and not sent is there again when one comes back to the chat.
import { keyOfChat, readText, writeText } from "../lib/store.js";
import { fit, markSendable, text } from "./form.js";

const areKept = () => "drafts" in document.body.dataset;

/** @returns {string} the name under which the draft of the chat on view is kept */
export const draftName = () => keyOfChat("draft");

/** Keep what is in the box, if drafts are kept; an empty box forgets it. */
export function saveDraft() {
  markSendable();
  writeText("local", draftName(), areKept() ? text().value : null);
}

/** Put the draft of the chat on view into the box, if that is empty. */
export function restoreDraft() {
  if (!text().value && areKept()) text().value = readText("local", draftName()) || "";
  fit();
}

/** @param {string} name as `draftName` gave it before the draft was sent */
export const dropDraft = (name) => writeText("local", name, null);
