// An order of one's own: drag a row, or move it with Alt and the arrow keys. A chat can be dragged into a project, too.
import { tell } from "../lib/bus.js";
import { post } from "../lib/csrf.js";
import { say } from "../lib/dom.js";
import { events } from "../lib/events.js";
import { words } from "../lib/words.js";

let dragged = null;

async function store(list) {
  const ids = [...list.children].map((row) => ["ids", row.dataset.id]);
  const isStored = await post(list.dataset.sortable, ids);
  if (!isStored) tell(events.toast, { message: words.refused, kind: "bad" });
}

document.addEventListener("pointerdown", (event) => {
  const row = event.target.closest("[data-sortable] > li, #history-rows li[data-row]");
  if (row && event.pointerType === "mouse") row.draggable = true;
});

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("li[data-id]");
  dragged?.classList.add("is-dragged");
  if (dragged) event.dataTransfer.effectAllowed = "move";
});

document.addEventListener("dragover", (event) => {
  if (!dragged) return;
  const list = dragged.parentElement;
  const folder = event.target.closest("[data-project]");
  const over = event.target.closest("[data-sortable] > li");
  if (folder && dragged.dataset.row) event.preventDefault();
  else if (over && over.parentElement === list && over !== dragged) {
    event.preventDefault();
    const box = over.getBoundingClientRect();
    over[event.clientY > box.top + box.height / 2 ? "after" : "before"](dragged);
  } else if (list.dataset.sortable && list.contains(event.target)) event.preventDefault();
});

document.addEventListener("drop", (event) => {
  if (!dragged) return;
  event.preventDefault();
  const folder = event.target.closest("[data-project]");
  if (folder && dragged.dataset.row) {
    const values = { action: "move", ids: dragged.dataset.row, project: folder.dataset.project };
    tell(events.ask, { address: "/conversations/bulk", method: "POST", values });
  } else if (dragged.parentElement.dataset.sortable) store(dragged.parentElement);
});

document.addEventListener("dragend", () => {
  dragged?.classList.remove("is-dragged");
  dragged = null;
});

document.addEventListener("keydown", (event) => {
  const row = event.target.closest?.("[data-sortable] > li");
  const step = { ArrowUp: "previousElementSibling", ArrowDown: "nextElementSibling" }[event.key];
  if (!row || !event.altKey || !step) return;
  event.preventDefault();
  const other = row[step];
  if (!other) return;
  const focused = document.activeElement;
  other[event.key === "ArrowUp" ? "before" : "after"](row);
  focused.focus();
  say(words.moved.replace("%", [...row.parentElement.children].indexOf(row) + 1));
  store(row.parentElement);
});
