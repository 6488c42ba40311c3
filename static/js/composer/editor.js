// The editor of a message: its keys, and what can be saved.
import { hear } from "../lib/bus.js";
import { byId } from "../lib/dom.js";
import { htmxEvents } from "../lib/events.js";

let edited = null; // the id of the message whose editor is open

function markEdited(form) {
  const texts = [...form.querySelectorAll("textarea")];
  const changed = texts.filter((area) => area.value !== area.dataset.saved);
  const isBlank = texts.some((area) => !area.value.trim());
  form.querySelector("[data-save]").disabled = !changed.length || isBlank;
  const rerun = form.querySelector("[data-rerun]");
  const sendsAgain = "again" in rerun.dataset;
  rerun.disabled = changed.length > 1 || (!changed.length && !sendsAgain) || isBlank;
  if (sendsAgain) rerun.textContent = changed.length ? rerun.dataset.changed : rerun.dataset.again;
}

/** The button that a key stands for. */
function buttonOf({ key, ctrlKey, metaKey }) {
  const mod = ctrlKey || metaKey;
  if (key === "Escape") return "[data-cancel]";
  if (mod && key === "Enter") return "[data-rerun]";
  if (mod && key.toLowerCase() === "s") return "[data-save]";
  return null;
}

document.addEventListener("input", (event) => {
  const form = event.target.closest(".editor");
  if (form) markEdited(form);
});

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.(".editor");
  const button = buttonOf(event);
  if (!form || event.isComposing || !button) return;
  event.preventDefault();
  event.stopPropagation();
  form.querySelector(button).click();
});

hear(htmxEvents.afterSwap, () => {
  for (const form of document.querySelectorAll(".editor:not(.is-ready)")) {
    form.classList.add("is-ready");
    markEdited(form);
    const text = form.querySelector("[aria-invalid=true]") || form.querySelector("textarea:last-of-type");
    text?.focus();
    text?.setSelectionRange(text.value.length, text.value.length);
  }
  const open = document.querySelector(".editor");
  if (edited && !open) byId(edited)?.querySelector("[data-do=edit]")?.focus();
  edited = open?.closest("article").id;
});
