// Quoting: a passage selected in one message can be put above the text box, and goes with the next message.
const byId = (id) => document.getElementById(id);
const list = () => byId("quotes");
const key = () => `quotes:${byId("main").dataset.conversation || "new"}`;
const tell = (message) => document.dispatchEvent(new CustomEvent("parley:toast", { detail: { message, kind: "bad" } }));

// --- what is selected -------------------------------------------------------------------------
function within(range, parts) {
  const whole = document.createRange();
  whole.selectNodeContents(parts);
  const part = range.cloneRange();
  if (part.compareBoundaryPoints(Range.START_TO_START, whole) < 0)
    part.setStart(whole.startContainer, whole.startOffset);
  if (part.compareBoundaryPoints(Range.END_TO_END, whole) > 0) part.setEnd(whole.endContainer, whole.endOffset);
  return part;
}
/** The passage, if it lies in one message. A triple click reaches into the next one without taking words from it. */
function selected() {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const messages = byId("messages");
  if (!messages || !range.intersectsNode(messages)) return null;
  const found = [];
  for (const article of messages.querySelectorAll("article[data-message]")) {
    const parts = article.querySelector(".parts");
    if (!range.intersectsNode(parts)) continue;
    const part = within(range, parts);
    if (part.toString().trim()) found.push({ article, range: part });
    if (found.length > 1) return null;
  }
  if (!found.length) return null;
  const [{ article, range: part }] = found;
  const isWhole =
    part.compareBoundaryPoints(Range.START_TO_START, range) === 0 &&
    part.compareBoundaryPoints(Range.END_TO_END, range) === 0;
  const text = (isWhole ? selection.toString() : part.toString()).trim();
  return text ? { text, message: article.dataset.message, range: part } : null;
}

// --- the button beside it -----------------------------------------------------------------------
const button = document.createElement("button");
button.type = "button";
button.className = "quote-button";
button.hidden = true;
button.innerHTML = '<svg class="icon small" aria-hidden="true"><use href="#i-quote"/></svg><span></span>';
let current = null;
let held = null;
let dismissed = false;

function place() {
  const box = byId("scroll")?.getBoundingClientRect();
  const rects = current ? [...current.range.getClientRects()].filter((rect) => rect.width) : [];
  const inView = box && rects.filter((rect) => rect.bottom > box.top && rect.top < box.bottom);
  button.hidden = !inView?.length;
  if (button.hidden) return;
  const below = matchMedia("(pointer: coarse)").matches; // the system's own menu is above
  const rect = below ? inView[inView.length - 1] : inView[0];
  const { width, height } = button.getBoundingClientRect();
  const top = below ? rect.bottom + 28 : rect.top - height - 8;
  button.style.top = `${Math.max(box.top + 4, Math.min(top, box.bottom - height - 4))}px`;
  button.style.left = `${Math.max(8, Math.min(rect.left + rect.width / 2 - width / 2, innerWidth - width - 8))}px`;
}
function look() {
  if (held) return;
  current = list() && !dismissed ? selected() : null;
  if (current && !button.isConnected) {
    button.lastElementChild.textContent = list().dataset.button;
    document.body.append(button);
  }
  place();
}
let timer = 0;
let isDown = false;
function soon() {
  clearTimeout(timer);
  timer = setTimeout(() => isDown || look(), 120);
}
document.addEventListener("selectionchange", () => {
  dismissed = false;
  if (getSelection().isCollapsed) look();
  else soon();
});
document.addEventListener(
  "pointerdown",
  (event) => {
    if (event.target.closest?.(".quote-button")) {
      event.preventDefault(); // the selection stays
      held = current;
    } else isDown = event.pointerType === "mouse";
  },
  true,
);
for (const name of ["pointerup", "pointercancel"]) {
  document.addEventListener(
    name,
    () => {
      isDown = false;
      soon();
    },
    true,
  );
}
document.addEventListener("scroll", () => current && place(), { capture: true, passive: true });
addEventListener("resize", () => current && place());
button.addEventListener("click", () => {
  const passage = held || current || selected();
  held = null;
  if (passage) add(passage);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !button.hidden && !document.querySelector(":popover-open, dialog[open]")) {
    dismissed = true;
    look();
  }
  if (event.key.toLowerCase() !== "q" || !event.shiftKey || !(event.ctrlKey || event.metaKey)) return;
  const passage = selected();
  if (!passage) return;
  event.preventDefault();
  add(passage);
});

// --- the chips above the text box ------------------------------------------------------------------
function chip(text, message) {
  const row = byId("quote-chip").content.firstElementChild.cloneNode(true);
  const [words, passage, source] = row.children;
  words.textContent = words.title = passage.value = text;
  source.value = message;
  list().append(row);
}
function add({ text, message }) {
  const { limit, most, full, long, added } = list().dataset;
  if (list().children.length >= limit) return tell(full);
  if (text.length > most) return tell(long);
  chip(text, message);
  changed();
  getSelection().removeAllRanges();
  byId("live").textContent = added;
  byId("text").focus();
}
const passages = () => [...list().children].map((row) => [...row.querySelectorAll("input")].map((each) => each.value));
function save(name, rows) {
  try {
    if (rows.length) localStorage.setItem(name, JSON.stringify(rows));
    else localStorage.removeItem(name);
  } catch {
    // Storage is full or forbidden: the quotes then live as long as the page.
  }
}
function changed() {
  byId("composer").elements.request_id.value = ""; // with other quotes it is another request
  save(key(), passages());
}
function restore() {
  if (!list() || list().children.length) return;
  try {
    for (const [text, message] of JSON.parse(localStorage.getItem(key()) || "[]")) chip(text, message);
  } catch {
    save(key(), []);
  }
}
document.addEventListener("click", (event) => {
  const row = event.target.closest(".quote-chip button")?.closest(".quote-chip");
  if (!row) return;
  const next = row.nextElementSibling || row.previousElementSibling;
  row.remove();
  changed();
  (next?.querySelector("button") || byId("text")).focus();
});

// --- sending: gone at once, back when it fails ---------------------------------------------------------
let sending = null;
const isComposer = (ctx) => ctx.sourceElement?.id === "composer";
document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (!isComposer(ctx) || !list().children.length) return;
  sending = { name: key(), rows: passages() };
  list().replaceChildren();
});
document.addEventListener("htmx:before:swap", ({ detail: { ctx } }) => {
  if (!isComposer(ctx) || !sending || ctx.response.status !== 200) return;
  save(sending.name, []);
  sending = null;
});
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  if (!isComposer(ctx) || !sending) return;
  for (const [text, message] of sending.rows) chip(text, message);
  sending = null;
});
document.addEventListener("parley:moved", () => {
  current = null;
  place();
  restore();
});
restore();
look();
