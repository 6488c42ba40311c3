// A chat that has just come on view: its draft, what waits, and what its address asked for.
import { hear } from "../lib/bus.js";
import { byId } from "../lib/dom.js";
import { events } from "../lib/events.js";
import { restoreDraft } from "./drafts.js";
import { focusWithPointer, form, markSendable, submit, text } from "./form.js";
import { handOver, showUnsent } from "./queue.js";

// What the address asked for is in the form now; what says where one is stays in it.
function cleanAddress() {
  const asked = new URLSearchParams(location.search);
  if (!asked.size) return;
  const isNew = location.pathname.endsWith("/new");
  const stays = [...asked].filter(([name]) => name === "at" || (isNew && ["projectId", "tag"].includes(name)));
  const query = stays.length ? `?${new URLSearchParams(stays)}` : "";
  history.replaceState(history.state, "", location.pathname + query + location.hash);
}

/** Make the composer ready for the chat on view. */
export function arrive() {
  restoreDraft();
  markSendable();
  showUnsent();
  handOver();
  cleanAddress();
  if (form().hasAttribute("data-submits")) {
    form().removeAttribute("data-submits");
    setTimeout(submit, 0);
  }
}

hear(events.moved, () => {
  arrive();
  if (!document.querySelector(".rename-here")) focusWithPointer();
});

// Another project for a new chat, or none: the address says so, too.
document.addEventListener("change", ({ target }) => {
  if (target.name !== "project" || target.form !== form()) return;
  history.replaceState(history.state, "", location.pathname + (target.value ? `?projectId=${target.value}` : ""));
  if (!target.value) target.closest(".scope").remove();
  text().focus();
});

// “@” at the beginning of a line suggests models, while the words stay in the box.
document.addEventListener("input", (event) => {
  if (event.target.id !== "text" || event.data !== "@" || !("at" in document.body.dataset)) return;
  import("parley/suggest").then((module) => module.look());
});
hear(events.chooseModel, ({ option }) => byId(option)?.click());
