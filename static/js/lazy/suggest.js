// Suggestions at the caret of the message box. The words stay in the box until something is chosen; Escape leaves them.
import { byId, say } from "../lib/dom.js";
import { KINDS } from "../suggest/kinds.js";
import { placeAt } from "../suggest/placing.js";
import { counted } from "./counted.js";

const text = () => byId("text");
const MAX_SHOWN = 50;
const list = Object.assign(document.createElement("div"), { id: "suggest", className: "suggest", popover: "manual" });
list.setAttribute("role", "listbox");
let open = null; // { kind, start, end, matches, at }
let left = -1; // where Escape was pressed: that “@” is text

/** What stands between the last sign at the beginning of a line and the caret. */
function asked() {
  const { value, selectionStart: caret, selectionEnd } = text();
  if (caret !== selectionEnd) return null;
  const start = value.lastIndexOf("\n", caret - 1) + 1;
  const kind = KINDS[value[start]];
  if (!kind || caret <= start || start === left) return null;
  const sought = value.slice(start + 1, caret).toLowerCase();
  return { kind, start, end: caret, sought: sought.trim() };
}

/** Suggest what fits the words before the caret, or nothing. */
export function look() {
  if (document.activeElement !== text()) return close();
  const now = asked();
  if (!now) {
    if (!text().value) left = -1;
    return close();
  }
  const parts = now.sought.split(/\s+/);
  const matches = now.kind
    .options()
    .filter((option) => parts.every((part) => option.searchText.includes(part)))
    .slice(0, MAX_SHOWN);
  if (!matches.length) return close(); // Enter then sends what is written
  open = { ...now, matches, at: 0 };
  draw();
}
function draw() {
  list.setAttribute("aria-label", open.kind.label);
  list.replaceChildren(
    ...open.matches.map((option, at) => {
      const row = Object.assign(document.createElement("div"), { id: `suggest-${at}` });
      row.setAttribute("role", "option");
      const [name, note] = ["span", "small"].map((tag) => document.createElement(tag));
      name.textContent = option.label;
      note.textContent = option.note;
      name.dir = note.dir = "auto";
      row.append(name, note);
      return row;
    }),
  );
  if (!list.isConnected) byId("composer").append(list);
  if (!list.matches(":popover-open")) list.showPopover();
  text().setAttribute("aria-controls", "suggest");
  text().setAttribute("aria-autocomplete", "list");
  say(counted("suggested", open.matches.length));
  placeAt(list, text(), open.start);
  mark(0);
}
function mark(at) {
  open.at = (at + open.matches.length) % open.matches.length;
  for (const [index, row] of [...list.children].entries()) row.setAttribute("aria-selected", index === open.at);
  list.children[open.at].scrollIntoView({ block: "nearest" });
  text().setAttribute("aria-activedescendant", `suggest-${open.at}`);
}
function close() {
  if (!open) return;
  open = null;
  list.hidePopover();
  for (const name of ["aria-activedescendant", "aria-controls", "aria-autocomplete"]) text().removeAttribute(name);
}
function choose(at) {
  const { kind, start, end, matches } = open;
  close();
  text().setRangeText("", start, end, "end");
  text().dispatchEvent(new Event("input", { bubbles: true }));
  kind.choose(matches[at]);
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
