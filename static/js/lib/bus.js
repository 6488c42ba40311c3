// How scripts reach each other without knowing each other: events of the document. `events.js` has their names.

/**
 * @param {string} name
 * @param {object} [detail]
 */
export function tell(name, detail) {
  document.dispatchEvent(new CustomEvent(name, { detail }));
}

/**
 * @param {string} name
 * @param {(detail: any, event: CustomEvent) => unknown} heard
 */
export function hear(name, heard) {
  document.addEventListener(name, (event) => heard(event.detail, event));
}
