// What can be suggested: the sign it begins with at the start of a line, what it offers, and what choosing does.
import { tell } from "../lib/bus.js";
import { events } from "../lib/events.js";
import { words } from "../lib/words.js";

/**
 * @typedef {object} Suggestion
 * @property {string} id
 * @property {string} label
 * @property {string} note
 * @property {string} words that are looked for, in small letters
 */
/** @type {Record<string, {label: string, options: () => Suggestion[], choose: (chosen: Suggestion) => void}>} */
export const KINDS = {
  "@": {
    label: words.models,
    options: () =>
      [...document.querySelectorAll("#models [role=option]")].map((each) => ({
        id: each.id,
        label: each.dataset.label,
        note: each.dataset.endpointLabel,
        words: each.dataset.words.toLowerCase(),
      })),
    choose: ({ id }) => tell(events.chooseModel, { option: id }),
  },
};
