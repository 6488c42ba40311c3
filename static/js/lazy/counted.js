// A sentence with a number, in the plural form that the page's language has for it.
import { words } from "../lib/words.js";

const sentences = JSON.parse(words.counted);
const rules = new Intl.PluralRules(document.documentElement.lang);

/**
 * @param {"selected" | "suggested"} name of the sentence
 * @param {number} number
 * @returns {string}
 */
export function counted(name, number) {
  const count = number.toLocaleString(document.documentElement.lang);
  return (sentences[rules.select(number)] ?? sentences.other)[name].replace("%(count)s", count);
}
