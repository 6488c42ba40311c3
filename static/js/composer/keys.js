// Writing in the box: Enter sends, every change is kept.
import { saveDraft } from "./drafts.js";
import { fit, forgetRequest, submit, text } from "./form.js";

const COMPOSES = 229; // the code of keys that an input method takes, where `isComposing` is not set yet

document.addEventListener("input", (event) => {
  if (event.target.id !== "text") return;
  forgetRequest(); // other words are another request
  saveDraft();
  fit();
});

document.addEventListener("keydown", (event) => {
  if (event.target.id !== "text" || event.key !== "Enter" || event.shiftKey) return;
  if (event.isComposing || event.keyCode === COMPOSES) return;
  if (document.body.dataset.send === "mod_enter" && !event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  if (text().value.trim()) submit();
});

// The button that stops knows no run: it stops the last one on the page.
document.addEventListener(
  "click",
  (event) => {
    const stop = event.target.closest("[data-do=stop]");
    if (!stop) return;
    const run = [...document.querySelectorAll("#messages article[data-run]")].pop();
    if (run) stop.setAttribute("formaction", `/generations/${run.dataset.run}/stop`);
    text().focus();
  },
  true,
);
