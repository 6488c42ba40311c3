// Cookies that the server reads when it renders the next page.
const YEAR = 31536000; // seconds

/**
 * Keep a value on this device for a year; an empty one is forgotten.
 * @param {string} name
 * @param {unknown} value
 */
export function setCookie(name, value) {
  const text = String(value ?? "");
  // biome-ignore lint/suspicious/noDocumentCookie: the other way is asynchronous, and a page may be left at once
  document.cookie = `${name}=${encodeURIComponent(text)};path=/;max-age=${text ? YEAR : 0};samesite=lax`;
}

/**
 * @param {string} name
 * @returns {string} the value, or "" where there is no such cookie
 */
export function getCookie(name) {
  const pair = document.cookie.split("; ").find((text) => text.startsWith(`${name}=`));
  return pair ? decodeURIComponent(pair.slice(name.length + 1)) : "";
}

/** Tell the server the time zone. */
export function setTimeZone() {
  setCookie("tz", Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC");
}
