// Window, price, and why a model cannot be used: asked for when somebody looks, as a list may be long.

let isAsked = false;
const keyOf = ({ endpoint, model, spec }) => JSON.stringify([endpoint, model, spec]);

function show(option, facts) {
  for (const [name, text] of Object.entries({ facts: facts.words, trouble: facts.trouble })) {
    const line = option.querySelector(`[data-${name}]`);
    line.textContent = text;
    line.hidden = !text;
  }
  if (facts.blocked) option.setAttribute("aria-disabled", "true");
  if (facts.link) option.dataset.link = facts.link;
}

/**
 * Write beside each model what is known of it, once.
 * @param {string} address where the server tells it
 * @param {HTMLElement[]} options
 * @returns {Promise<boolean>} whether something was written
 */
export async function showFacts(address, options) {
  if (isAsked) return false;
  isAsked = true;
  const answer = await fetch(address, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!answer?.ok) {
    isAsked = false;
    return false;
  }
  const { models } = await answer.json();
  const known = new Map(models.map((model) => [keyOf(model), model]));
  for (const option of options) {
    const facts = known.get(keyOf(option.dataset));
    if (facts) show(option, facts);
  }
  return true;
}
