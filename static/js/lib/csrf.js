// Requests that change something carry the page's token.

/** @returns {string} */
export const csrfToken = () => document.querySelector("[name=csrfmiddlewaretoken]").value;

/**
 * Send a form to the server without htmx.
 * @param {string} address
 * @param {[string, string][]} pairs names and values, which may repeat
 * @returns {Promise<boolean>} whether the server has done it
 */
export async function post(address, pairs) {
  const body = new URLSearchParams([["csrfmiddlewaretoken", csrfToken()], ...pairs]);
  const answer = await fetch(address, { method: "POST", body, headers: { "HX-Request": "true" } }).catch(() => null);
  return Boolean(answer?.ok);
}
