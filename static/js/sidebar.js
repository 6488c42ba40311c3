// The list of chats: folding its sections, its order by dragging or keys, its width, renaming in place.
const byId = (id) => document.getElementById(id);
const words = byId("words").dataset;
const side = byId("sidebar");
const token = () => document.querySelector("[name=csrfmiddlewaretoken]").value;
function remember(name, value) {
  document.cookie = `${name}=${encodeURIComponent(value)};path=/;max-age=31536000;samesite=lax`;
}

// --- sections that fold -------------------------------------------------------------------------------
// What is folded is known here: a list that was asked for before a click may arrive after it.
const folded = new Set((document.cookie.match(/(?:^|; )folded=([^;]*)/)?.[1] || "").split(".").filter(Boolean));
side.addEventListener("click", (event) => {
  const section = event.target.closest(".fold > summary")?.parentElement;
  if (!section) return;
  if (section.open) folded.add(section.dataset.fold);
  else folded.delete(section.dataset.fold);
  remember("folded", [...folded].join("."));
});
document.addEventListener("htmx:after:swap", () => {
  for (const section of side.querySelectorAll(".fold[data-fold]")) section.open = !folded.has(section.dataset.fold);
});

// A project's chats come when it is unfolded.
side.addEventListener(
  "toggle",
  ({ target }) => {
    const list = target.matches?.(".inside[open]") && target.querySelector("[data-rows]");
    if (list && !list.children.length) htmx.ajax("GET", list.dataset.rows, { target: list, swap: "innerHTML" });
  },
  true,
);

// --- one bookmark less in the filter ----------------------------------------------------------------------
side.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-do=widen]");
  const box = chip && byId("tag-menu")?.querySelector(`[value="${chip.dataset.tag}"]`);
  if (!box) return;
  event.preventDefault();
  box.checked = false;
  box.dispatchEvent(new Event("change", { bubbles: true }));
  byId("list-tag").focus();
});
side.addEventListener("change", ({ target }) => {
  if (!target.closest("#tag-menu") || !location.search.includes("tag=")) return;
  const kept = new URLSearchParams(location.search);
  kept.delete("tag");
  history.replaceState(history.state, "", location.pathname + (kept.size ? `?${kept}` : ""));
});
// Enter in a box ticks it; the form that the boxes belong to has no page.
side.addEventListener("submit", (event) => event.target.id === "bulk" && event.preventDefault());
side.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches(".pick, #tag-menu input")) return;
  event.preventDefault();
  event.target.click();
});

// --- an order of one's own: drag a row, or move it with Alt and the arrow keys ---------------------------
let dragged = null;
async function store(list) {
  const body = new URLSearchParams({ csrfmiddlewaretoken: token() });
  for (const row of list.children) body.append("ids", row.dataset.id);
  const answer = await fetch(list.dataset.sortable, { method: "POST", body, headers: { "HX-Request": "true" } }).catch(
    () => null,
  );
  if (!answer?.ok)
    document.dispatchEvent(new CustomEvent("parley:toast", { detail: { message: words.refused, kind: "bad" } }));
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
  const folder = event.target.closest("[data-project]");
  const over = event.target.closest("[data-sortable] > li");
  if (folder && dragged.dataset.row) event.preventDefault();
  else if (over && over.parentElement === dragged.parentElement && over !== dragged) {
    event.preventDefault();
    const box = over.getBoundingClientRect();
    over[event.clientY > box.top + box.height / 2 ? "after" : "before"](dragged);
  } else if (dragged.parentElement.dataset.sortable && dragged.parentElement.contains(event.target))
    event.preventDefault();
});
document.addEventListener("drop", (event) => {
  if (!dragged) return;
  event.preventDefault();
  const folder = event.target.closest("[data-project]");
  if (folder && dragged.dataset.row) {
    const values = { action: "move", ids: dragged.dataset.row, project: folder.dataset.project };
    document.dispatchEvent(
      new CustomEvent("parley:ask", { detail: { address: "/conversations/bulk", method: "POST", values } }),
    );
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
  byId("live").textContent = words.moved.replace("%", [...row.parentElement.children].indexOf(row) + 1);
  store(row.parentElement);
});

// --- a title changed in its row: double click or F2 -------------------------------------------------------
function renameHere(link) {
  const row = link.closest("[data-row]");
  if (!row || row.querySelector(".rename-here")) return;
  const field = document.createElement("input");
  const before = link.querySelector("span").textContent;
  Object.assign(field, { className: "input rename-here", value: before, maxLength: 1024 });
  field.setAttribute("aria-label", words.title);
  link.hidden = true;
  link.after(field);
  field.focus();
  field.select();
  let over = false;
  const close = (focus) => {
    over = true;
    field.remove();
    link.hidden = false;
    if (focus) link.focus();
  };
  const save = async (stays = true) => {
    const title = field.value.trim();
    if (over) return;
    if (!stays && (!title || title === before)) return close(false);
    if (!title) {
      field.setAttribute("aria-invalid", "true");
      field.setCustomValidity(words.titleNeeded);
      return field.reportValidity();
    }
    if (title === before) return close(true);
    const body = new URLSearchParams({ csrfmiddlewaretoken: token(), title });
    const answer = await fetch(`/c/${row.dataset.row}/rename`, {
      method: "POST",
      body,
      headers: { "HX-Request": "true" },
    }).catch(() => null);
    if (!answer?.ok) return field.setAttribute("aria-invalid", "true");
    close(stays);
    document.dispatchEvent(new CustomEvent("parley:retitle", { detail: { conversation: row.dataset.row, title } }));
  };
  field.addEventListener("input", () => field.setCustomValidity(""));
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter") save();
    else if (event.key === "Escape") close(true);
  });
  field.addEventListener("blur", () => over || save(false)); // what was typed counts, wherever one clicks next
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
side.addEventListener(
  "click",
  (event) => {
    const row = event.target.closest("[data-row]");
    const choosing = side.hasAttribute("data-selecting") || event.ctrlKey || event.metaKey || event.shiftKey;
    if (!row || !choosing || event.target.closest(".pick, .row-more, .rename-here")) return;
    event.preventDefault();
    event.stopPropagation();
    import("parley/select").then((module) => module.press(row, event.shiftKey));
  },
  true,
);

// --- its width ---------------------------------------------------------------------------------------------
const resizer = side.querySelector(".resizer");
const [least, most] = [208, 416];
function widen(width) {
  const pixels = Math.round(Math.min(most, Math.max(least, width)));
  document.documentElement.style.setProperty("--sidebar", `${pixels}px`);
  resizer.setAttribute("aria-valuenow", pixels);
  remember("sidebar-width", pixels);
}
const kept = Number(document.cookie.match(/(?:^|; )sidebar-width=(\d+)/)?.[1]);
if (kept) widen(kept);
resizer?.addEventListener("pointerdown", (event) => {
  resizer.setPointerCapture(event.pointerId);
  const drag = ({ clientX }) => widen(document.dir === "rtl" ? innerWidth - clientX : clientX);
  resizer.addEventListener("pointermove", drag);
  resizer.addEventListener("lostpointercapture", () => resizer.removeEventListener("pointermove", drag), {
    once: true,
  });
});
resizer?.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -16, ArrowRight: 16, Home: -1000, End: 1000 }[event.key];
  if (!step) return;
  event.preventDefault();
  widen(Number(resizer.getAttribute("aria-valuenow")) + (document.dir === "rtl" ? -step : step));
});
