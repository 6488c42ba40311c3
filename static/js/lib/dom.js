// Short ways to what is on the page.

/**
 * @param {string} id
 * @returns {any} the element, or null
 */
export const byId = (id) => document.getElementById(id);
