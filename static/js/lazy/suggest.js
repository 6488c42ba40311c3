// Suggestions at the caret of the message box. The words stay in the box until something is chosen; Escape leaves them.
// Another kind is another row of KINDS: the character it begins with, what it offers, and what choosing does.
import { counted } from "./counted.js";

const byId = (id) => document.getElementById(id);
const text = () => byId("text");
const words = byId("words").dataset;
const MOST = 50;
const KINDS = {
  "@": {
    label: words.models,
    options: () =>
      [...document.querySelectorAll("#models [role=option]")].map((each) => ({
        id: each.id,
        label: each.dataset.label,
        note: each.dataset.endpointLabel,
        words: each.dataset.words.toLowerCase(),
      })),
    choose: ({ id }) => document.dispatchEvent(new CustomEvent("parley:choose-model", { detail: { option: id } })),
  },
};

const list = Object.assign(document.createElement("div"), { id: "suggest", className: "suggest", popover: "manual" });
list.setAttribute("role", "listbox");
let open = null; // { kind, start, end, found, at }
let left = -1; // where Escape was pressed: that “@” is text

/** What stands between the last sign at the beginning of a line and the caret. */
function asked() {
  const { value, selectionStart: caret, selectionEnd } = text();
  if (caret !== selectionEnd) return null;
  const start = value.lastIndexOf("\n", caret - 1) + 1;
  const kind = KINDS[value[start]];
  if (!kind || caret <= start || start === left) return null;
  return {
    kind,
    start,
    end: caret,
    sought: value
      .slice(start + 1, caret)
      .toLowerCase()
      .trim(),
  };
}
export function look() {
  if (document.activeElement !== text()) return close();
  const now = asked();
  if (!now) {
    if (!text().value) left = -1;
    return close();
  }
  const parts = now.sought.split(/\s+/);
  const found = now.kind
    .options()
    .filter((each) => parts.every((part) => each.words.includes(part)))
    .slice(0, MOST);
  if (!found.length) return close(); // Enter then sends what is written
  open = { ...now, found, at: 0 };
  draw();
}
function draw() {
  list.setAttribute("aria-label", open.kind.label);
  list.replaceChildren(
    ...open.found.map((each, at) => {
      const row = Object.assign(document.createElement("div"), { id: `suggest-${at}` });
      row.setAttribute("role", "option");
      const [name, note] = ["span", "small"].map((tag) => document.createElement(tag));
      name.textContent = each.label;
      note.textContent = each.note;
      name.dir = note.dir = "auto";
      row.append(name, note);
      return row;
    }),
  );
  if (!list.isConnected) byId("composer").append(list);
  if (!list.matches(":popover-open")) list.showPopover();
  text().setAttribute("aria-controls", "suggest");
  text().setAttribute("aria-autocomplete", "list");
  byId("live").textContent = counted("suggested", open.found.length);
  place();
  mark(0);
}
function mark(at) {
  open.at = (at + open.found.length) % open.found.length;
  [...list.children].forEach((row, each) => row.setAttribute("aria-selected", each === open.at));
  list.children[open.at].scrollIntoView({ block: "nearest" });
  text().setAttribute("aria-activedescendant", `suggest-${open.at}`);
}
// Where the sign stands: a copy of the box, up to it, tells.
function place() {
  const box = text().getBoundingClientRect();
  const style = getComputedStyle(text());
  const copy = document.createElement("div");
  for (const name of ["font", "lineHeight", "padding", "letterSpacing", "direction", "textAlign"])
    copy.style[name] = style[name];
  Object.assign(copy.style, {
    position: "fixed",
    visibility: "hidden",
    whiteSpace: "pre-wrap",
    overflowWrap: "break-word",
    width: `${text().clientWidth}px`,
    boxSizing: "border-box",
    top: "0",
    left: "0",
  });
  const sign = document.createElement("span");
  sign.textContent = text().value[open.start];
  copy.append(text().value.slice(0, open.start), sign);
  document.body.append(copy);
  const { left: x, top: y, height } = sign.getBoundingClientRect();
  copy.remove();
  const line = Math.min(Math.max(box.top + y - text().scrollTop, box.top), box.bottom - height);
  const size = list.getBoundingClientRect();
  list.style.left = `${Math.max(8, Math.min(box.left + x, innerWidth - size.width - 8))}px`;
  list.style.top = `${line > size.height + 16 ? line - size.height - 6 : line + height + 6}px`;
}
function close() {
  if (!open) return;
  open = null;
  list.hidePopover();
  for (const name of ["aria-activedescendant", "aria-controls", "aria-autocomplete"]) text().removeAttribute(name);
}
function choose(at) {
  const { kind, start, end, found } = open;
  close();
  text().setRangeText("", start, end, "end");
  text().dispatchEvent(new Event("input", { bubbles: true }));
  kind.choose(found[at]);
}
document.addEventListener("input", (event) => event.target.id === "text" && look());
document.addEventListener(
  "selectionchange",
  () => open && (document.activeElement !== text() || asked()?.start !== open.start) && close(),
);
document.addEventListener(
  "keydown",
  (event) => {
    if (!open || event.target !== text() || event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) mark(open.at + step);
    else if (event.key === "Enter" || event.key === "Tab") choose(open.at);
    else if (event.key === "Escape") {
      left = open.start;
      close();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);
list.addEventListener("pointerdown", (event) => event.preventDefault()); // the caret stays
list.addEventListener("click", (event) => {
  const row = event.target.closest("[role=option]");
  if (row) choose([...list.children].indexOf(row));
});
document.addEventListener("focusout", (event) => event.target.id === "text" && close());
