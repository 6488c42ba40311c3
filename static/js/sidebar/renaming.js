// A title changed in its row: double click or F2. What was typed counts, wherever one clicks next.
import { tell } from "../lib/bus.js";
import { post } from "../lib/csrf.js";
import { byId } from "../lib/dom.js";
import { events } from "../lib/events.js";
import { words } from "../lib/words.js";

const side = byId("sidebar");
const MAX_TITLE = 1024;

function fieldWith(title) {
  const field = document.createElement("input");
  Object.assign(field, { className: "input rename-here", value: title, maxLength: MAX_TITLE });
  field.setAttribute("aria-label", words.title);
  field.addEventListener("input", () => field.setCustomValidity(""));
  return field;
}

function askForTitle(field) {
  field.setAttribute("aria-invalid", "true");
  field.setCustomValidity(words.titleNeeded);
  return field.reportValidity();
}

function renameHere(link) {
  const row = link.closest("[data-row]");
  if (!row || row.querySelector(".rename-here")) return;
  const before = link.querySelector("span").textContent;
  const field = fieldWith(before);
  link.hidden = true;
  link.after(field);
  field.focus();
  field.select();
  let isOver = false;
  const close = (focus) => {
    isOver = true;
    field.remove();
    link.hidden = false;
    if (focus) link.focus();
  };
  const save = async (stays = true) => {
    const title = field.value.trim();
    if (isOver) return;
    if (!stays && (!title || title === before)) return close(false);
    if (!title) return askForTitle(field);
    if (title === before) return close(true);
    const isSaved = await post(`/c/${row.dataset.row}/rename`, [["title", title]]);
    if (!isSaved) return field.setAttribute("aria-invalid", "true");
    close(stays);
    tell(events.retitle, { conversation: row.dataset.row, title });
  };
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter") save();
    else if (event.key === "Escape") close(true);
  });
  field.addEventListener("blur", () => isOver || save(false));
}

side.addEventListener("dblclick", (event) => {
  const link = event.target.closest("[data-row] > .row");
  if (!link) return;
  event.preventDefault();
  renameHere(link);
});
side.addEventListener("keydown", (event) => {
  const link = event.target.closest("[data-row] > .row");
  if (link && event.key === "F2") renameHere(link);
});
