// The composer: Enter sends, drafts are kept, what is sent shows at once and comes back when sending fails.
const byId = (id) => document.getElementById(id);
const form = () => byId("composer");
const text = () => byId("text");
const isRunning = () => byId("main").hasAttribute("data-running");
const draftName = () => `draft:${byId("main").dataset.conversation || "new"}`;
let sending = null;

function saveDraft() {
  try {
    if (text().value) localStorage.setItem(draftName(), text().value);
    else localStorage.removeItem(draftName());
  } catch {
    // Storage is full or forbidden: the draft then lives as long as the page.
  }
}
function restoreDraft() {
  try {
    if (!text().value) text().value = localStorage.getItem(draftName()) || "";
  } catch {
    // See above.
  }
  fit();
}
// Browsers without `field-sizing` need the height set.
const sizesItself = CSS.supports("field-sizing", "content");
function fit() {
  if (sizesItself) return;
  text().style.height = "auto";
  text().style.height = `${text().scrollHeight}px`;
}
function requestId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

document.addEventListener("input", (event) => {
  if (event.target.id !== "text") return;
  form().elements.request_id.value = ""; // other words are another request
  saveDraft();
  fit();
});
document.addEventListener("keydown", (event) => {
  if (event.target.id !== "text" || event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  if (text().value.trim() && !isRunning()) form().requestSubmit(form().querySelector(".send"));
});
document.addEventListener("click", (event) => {
  const stop = event.target.closest("[data-do=stop]");
  if (!stop) return;
  const run = [...document.querySelectorAll("#messages article[data-generation]")].pop();
  if (run) stop.setAttribute("formaction", `/generations/${run.dataset.generation}/stop`);
  text().focus();
}, true);

// Before the form's data are collected, so that trying again with the same words starts no second run.
document.addEventListener("submit", (event) => {
  if (event.target !== form()) return;
  const words = event.submitter?.name === "starter" ? event.submitter.value : text().value;
  if (!words.trim() || isRunning() || sending) {
    event.preventDefault();
    event.stopImmediatePropagation();
    text().focus();
    return;
  }
  form().elements.request_id.value ||= requestId();
}, true);

document.addEventListener("htmx:before:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.sourceElement !== form()) return;
  const words = new URLSearchParams(ctx.request.body);
  const pending = byId("pending").content.cloneNode(true);
  pending.querySelector(".prose").textContent = words.get("starter") || words.get("text");
  pending.querySelector(".who h2").textContent = document.querySelector("[data-model-name]")?.textContent || "";
  sending = { typed: text().value, nodes: [...pending.children], draft: draftName() };
  byId("messages").append(pending);
  byId("composer-error").replaceChildren();
  text().value = "";
  fit();
  document.dispatchEvent(new CustomEvent("parley:to-end"));
});
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  if (ctx.sourceElement !== form() || ctx.response.status !== 200) return;
  for (const node of sending?.nodes || []) node.remove();
  if (sending) sent(ctx);
  sending = null;
});
document.addEventListener("htmx:finally:request", (event) => {
  if (event.detail.ctx.sourceElement !== form() || !sending) return;
  for (const node of sending.nodes) node.remove();
  text().value ||= sending.typed;
  sending = null;
  fit();
  text().focus();
});
function sent(ctx) {
  try {
    localStorage.removeItem(sending.draft);
  } catch {
    // See above.
  }
  form().elements.request_id.value = "";
  const address = ctx.hx?.pushurl;
  if (address) {
    form().setAttribute("action", `${address}/turns`);
    byId("main").dataset.conversation = address.split("/").pop();
    document.dispatchEvent(new CustomEvent("parley:listed"));
  }
  saveDraft();
  text().focus();
}

document.addEventListener("parley:moved", () => {
  restoreDraft();
  if (matchMedia("(pointer: fine)").matches) text().focus({ preventScroll: true });
});
restoreDraft();
if (matchMedia("(pointer: fine)").matches) text().focus({ preventScroll: true });
