// What scripts say, in the language of the page (`templates/chat/words.html`).
import { byId } from "./dom.js";

/** @type {DOMStringMap} */
export const words = byId("words").dataset;
