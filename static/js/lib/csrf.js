// Requests that change something carry the page's token.

/** @returns {string} */
export const csrfToken = () => document.querySelector("[name=csrfmiddlewaretoken]").value;

/**
 * Send a form to the server without htmx.
 * @param {string} address
 * @param {[string, string][]} pairs names and values, which may repeat
 * @returns {Promise<Response | null>} what the server answers, or null where it cannot be reached
 */
export function send(address, pairs) {
  const body = new URLSearchParams([["csrfmiddlewaretoken", csrfToken()], ...pairs]);
  return fetch(address, { method: "POST", body, headers: { "HX-Request": "true" } }).catch(() => null);
}

/** As `send`, for what has no answer to show: whether the server has done it. */
export const post = async (address, pairs) => Boolean((await send(address, pairs))?.ok);
