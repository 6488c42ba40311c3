// Where a list of suggestions stands: at the sign that it was asked for with.
const COPIED = ["font", "lineHeight", "padding", "letterSpacing", "direction", "textAlign"];

/** Where a character of a text box stands: a copy of the box, up to it, tells. */
function boxOf(text, index) {
  const style = getComputedStyle(text);
  const copy = document.createElement("div");
  for (const name of COPIED) copy.style[name] = style[name];
  Object.assign(copy.style, {
    position: "fixed",
    visibility: "hidden",
    whiteSpace: "pre-wrap",
    overflowWrap: "break-word",
    width: `${text.clientWidth}px`,
    boxSizing: "border-box",
    top: "0",
    left: "0",
  });
  const sign = document.createElement("span");
  sign.textContent = text.value[index];
  copy.append(text.value.slice(0, index), sign);
  document.body.append(copy);
  const { left, top, height } = sign.getBoundingClientRect();
  copy.remove();
  return { left, top, height };
}

/**
 * @param {HTMLElement} list
 * @param {HTMLTextAreaElement} text
 * @param {number} index of the sign
 */
export function placeAt(list, text, index) {
  const box = text.getBoundingClientRect();
  const { left, top, height } = boxOf(text, index);
  const line = Math.min(Math.max(box.top + top - text.scrollTop, box.top), box.bottom - height);
  const size = list.getBoundingClientRect();
  list.style.left = `${Math.max(8, Math.min(box.left + left, innerWidth - size.width - 8))}px`;
  list.style.top = `${line > size.height + 16 ? line - size.height - 6 : line + height + 6}px`;
}
