// What can be suggested: the sign it begins with at the start of a line, what it offers, and what choosing does.
import { tell } from "../lib/bus.js";
import { events } from "../lib/events.js";
import { words } from "../lib/words.js";

/**
 * @typedef {object} Suggestion
 * @property {string} id
 * @property {string} label
 * @property {string} note
 * @property {string} searchText what is looked through, in small letters
 */
/** @type {Record<string, {label: string, options: () => Suggestion[], choose: (chosen: Suggestion) => void}>} */
export const KINDS = {
  "@": {
    label: words.models,
    options: () =>
      [...document.querySelectorAll("#models [role=option]")].map((option) => ({
        id: option.id,
        label: option.dataset.label,
        note: option.dataset.endpointLabel,
        searchText: option.dataset.words.toLowerCase(),
      })),
    choose: ({ id }) => tell(events.chooseModel, { option: id }),
  },
};
