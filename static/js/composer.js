// The composer: Enter sends, drafts are kept, what is sent shows at once and comes back when sending fails.
const byId = (id) => document.getElementById(id);
const form = () => byId("composer");
const text = () => byId("text");
const isRunning = () => byId("main").hasAttribute("data-running");
const draftName = () => `draft:${byId("main").dataset.conversation || "new"}`;
let sending = null;

function saveDraft() {
  markSendable();
  try {
    if (text().value && "drafts" in document.body.dataset) localStorage.setItem(draftName(), text().value);
    else localStorage.removeItem(draftName());
  } catch {
    // Storage is full or forbidden: the draft then lives as long as the page.
  }
}
function restoreDraft() {
  try {
    if (!text().value && "drafts" in document.body.dataset) text().value = localStorage.getItem(draftName()) || "";
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
  if (
    event.target.id !== "text" ||
    event.key !== "Enter" ||
    event.shiftKey ||
    event.isComposing ||
    event.keyCode === 229
  )
    return;
  if (document.body.dataset.send === "mod_enter" && !event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  if (text().value.trim()) form().requestSubmit(form().querySelector(".send"));
});
document.addEventListener(
  "click",
  (event) => {
    const stop = event.target.closest("[data-do=stop]");
    if (!stop) return;
    const run = [...document.querySelectorAll("#messages article[data-generation]")].pop();
    if (run) stop.setAttribute("formaction", `/generations/${run.dataset.generation}/stop`);
    text().focus();
  },
  true,
);

// --- messages that wait for the reply to end; this tab keeps them, also through a reload ------------------------
const waitingName = () => `waiting:${byId("main").dataset.conversation || "new"}`;
function waiting() {
  try {
    return JSON.parse(sessionStorage.getItem(waitingName()) || "[]");
  } catch {
    return [];
  }
}
function keepWaiting(list, held = false) {
  try {
    if (list.length) sessionStorage.setItem(waitingName(), JSON.stringify(list));
    else sessionStorage.removeItem(waitingName());
  } catch {
    // Storage is full or forbidden: they are shown as long as the page stands.
  }
  showWaiting(list, held);
}
function showWaiting(list = waiting(), held = false) {
  byId("waiting")?.replaceChildren(
    ...list.map((words, place) => {
      const card = byId("waiting-card").content.firstElementChild.cloneNode(true);
      card.querySelector("p").textContent = words;
      const without = () => waiting().filter((_, at) => at !== place);
      card.querySelector("[data-drop]").addEventListener("click", () => keepWaiting(without(), held));
      card.querySelector("[data-change]").addEventListener("click", () => {
        keepWaiting(without(), held);
        text().value = [text().value, words].filter(Boolean).join("\n\n");
        saveDraft();
        text().focus();
      });
      const now = card.querySelector("[data-now]");
      now.hidden = !held || place > 0;
      now.addEventListener("click", sendWaiting);
      return card;
    }),
  );
}
function wait(words) {
  keepWaiting([...waiting(), words]);
  text().value = "";
  saveDraft();
  fit();
}
// It stays kept until the server has it.
let waitingGoes = false;
function sendWaiting() {
  const [first] = waiting();
  if (!first || isRunning() || sending || isAway()) return;
  const typed = text().value;
  waitingGoes = true;
  form().elements.request_id.value = "";
  text().value = first;
  form().requestSubmit(form().querySelector(".send"));
  text().value = typed;
  showWaiting(waiting().slice(1));
  saveDraft();
}
document.addEventListener("parley:ended", ({ detail }) => {
  if (!waiting().length) return;
  if (detail.state === "complete" || detail.state === "stopped") setTimeout(sendWaiting, 50);
  else showWaiting(waiting(), true);
});
function markSendable() {
  form().querySelector(".send").disabled = !text().value.trim() || !form().elements.model.value || isAway();
}
const isAway = () => document.body.hasAttribute("data-away");
document.addEventListener("parley:away", markSendable);

// Before the form's data are collected, so that trying again with the same words starts no second run.
document.addEventListener(
  "submit",
  (event) => {
    if (event.target !== form()) return;
    const words = event.submitter?.name === "starter" ? event.submitter.value : text().value;
    if (!words.trim() || isRunning() || sending || isAway()) {
      event.preventDefault();
      event.stopImmediatePropagation();
      if (words.trim() && (isRunning() || sending)) wait(words);
      text().focus();
      return;
    }
    form().elements.request_id.value ||= requestId();
  },
  true,
);

document.addEventListener("htmx:before:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.sourceElement !== form()) return;
  const words = new URLSearchParams(ctx.request.body);
  const pending = byId("pending").content.cloneNode(true);
  pending.querySelector(".prose").textContent = words.get("starter") || words.get("text");
  pending.querySelector(".who h2").textContent = document.querySelector("[data-model-name]")?.textContent || "";
  const icon = document.querySelector("[data-model-icon] .model-icon");
  if (icon) pending.querySelector(".face").replaceChildren(icon.cloneNode(true));
  sending = { typed: waitingGoes ? "" : text().value, nodes: [...pending.children], draft: draftName() };
  byId("messages").append(pending);
  byId("composer-error").replaceChildren();
  text().value = "";
  markSendable();
  fit();
  document.dispatchEvent(new CustomEvent("parley:to-end"));
});
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  if (ctx.sourceElement !== form() || ctx.response.status !== 200) return;
  for (const node of sending?.nodes || []) node.remove();
  if (sending) sent(ctx);
  if (waitingGoes) keepWaiting(waiting().slice(1));
  waitingGoes = false;
  sending = null;
});
document.addEventListener("htmx:finally:request", (event) => {
  if (event.detail.ctx.sourceElement !== form() || !sending) return;
  for (const node of sending.nodes) node.remove();
  if (sending.typed && sending.typed !== text().value)
    text().value = [sending.typed, text().value].filter(Boolean).join("\n\n");
  sending = null;
  if (waitingGoes) showWaiting(waiting(), true);
  waitingGoes = false;
  markSendable();
  fit();
  text().focus();
});
// What was chosen and not used yet; after that the chat itself says what was chosen last.
function rememberPick(pick) {
  document.cookie = `pick=${encodeURIComponent(pick)};path=/;max-age=${`${pick}` ? 31536000 : 0};samesite=lax`;
}
function sent(ctx) {
  rememberPick("");
  try {
    localStorage.removeItem(sending.draft);
  } catch {
    // See above.
  }
  form().elements.request_id.value = "";
  form().elements.settings.value = "";
  const address = ctx.hx?.pushurl;
  if (address) {
    form().querySelector(".scope")?.remove();
    form().querySelector("[name=project]")?.remove();
    form().setAttribute("action", `${address}/turns`);
    const list = waiting();
    keepWaiting([]);
    byId("main").dataset.conversation = address.split("/").pop();
    keepWaiting(list);
    document.dispatchEvent(new CustomEvent("parley:listed"));
  }
  saveDraft();
  text().focus();
}

document.addEventListener("parley:moved", () => {
  arrive();
  if (matchMedia("(pointer: fine)").matches && !document.querySelector(".rename-here"))
    text().focus({ preventScroll: true });
});
// A page that has just come on view: its draft, what waits, and what its address asked for.
function arrive() {
  restoreDraft();
  markSendable();
  showWaiting(waiting(), !isRunning());
  const asked = new URLSearchParams(location.search);
  if (asked.size) {
    const stays = new URLSearchParams(
      [...asked].filter(
        ([name]) => name === "at" || (["projectId", "tag"].includes(name) && location.pathname.endsWith("/new")),
      ),
    );
    history.replaceState(history.state, "", location.pathname + (stays.size ? `?${stays}` : "") + location.hash);
  }
  if (form().hasAttribute("data-submits")) {
    form().removeAttribute("data-submits");
    setTimeout(() => form().requestSubmit(form().querySelector(".send")), 0);
  }
}
// Another project for a new chat, or none: the address says so, too.
document.addEventListener("change", ({ target }) => {
  if (target.name !== "project" || target.form !== form()) return;
  history.replaceState(history.state, "", location.pathname + (target.value ? `?projectId=${target.value}` : ""));
  if (!target.value) target.closest(".scope").remove();
  text().focus();
});
// “@” at the beginning of a line suggests models, while the words stay in the box.
document.addEventListener("input", (event) => {
  if (event.target.id === "text" && event.data === "@" && "at" in document.body.dataset)
    import("parley/suggest").then((module) => module.look());
});
document.addEventListener("parley:choose-model", ({ detail }) => byId(detail.option)?.click());
arrive();
if (matchMedia("(pointer: fine)").matches) text().focus({ preventScroll: true });

// --- the editor of a message: its keys, and what can be saved ------------------------------------------------------
function markEdited(form) {
  const texts = [...form.querySelectorAll("textarea")];
  const changed = texts.filter((each) => each.value !== each.dataset.saved);
  form.querySelector("[data-save]").disabled = !changed.length || texts.some((each) => !each.value.trim());
  const rerun = form.querySelector("[data-rerun]");
  const sendsAgain = "again" in rerun.dataset;
  rerun.disabled = changed.length > 1 || (!changed.length && !sendsAgain) || texts.some((each) => !each.value.trim());
  if (sendsAgain) rerun.textContent = changed.length ? rerun.dataset.changed : rerun.dataset.again;
}
document.addEventListener("input", (event) => {
  const form = event.target.closest(".editor");
  if (form) markEdited(form);
});
document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.(".editor");
  const mod = event.ctrlKey || event.metaKey;
  if (!form || event.isComposing) return;
  const button =
    event.key === "Escape"
      ? "[data-cancel]"
      : mod && event.key === "Enter"
        ? "[data-rerun]"
        : mod && event.key.toLowerCase() === "s"
          ? "[data-save]"
          : null;
  if (!button) return;
  event.preventDefault();
  event.stopPropagation();
  form.querySelector(button).click();
});
document.addEventListener("htmx:after:swap", () => {
  for (const form of document.querySelectorAll(".editor:not(.is-ready)")) {
    form.classList.add("is-ready");
    markEdited(form);
    const text = form.querySelector("[aria-invalid=true]") || form.querySelector("textarea:last-of-type");
    text?.focus();
    text?.setSelectionRange(text.value.length, text.value.length);
  }
  if (editedHere && !document.querySelector(".editor")) byId(editedHere)?.querySelector("[data-do=edit]")?.focus();
  editedHere = document.querySelector(".editor")?.closest("article").id;
});
let editedHere = null;

// --- the model menu: a combobox that filters, in a popover; the choice goes into the form's hidden fields --------
{
  const menu = document.getElementById("models");
  const input = menu.querySelector("input");
  const none = menu.querySelector(".none");
  const options = [...menu.querySelectorAll("[role=option]")];
  let active = null;

  const foot = menu.querySelector("form.models-foot");
  const mend = menu.querySelector("[data-foot-trouble]");

  const field = (name) => document.querySelector(`#composer [name=${name}]`);
  const visible = () => options.filter((option) => !option.hidden);

  function activate(option) {
    active?.classList.remove("is-active");
    active = option || null;
    showFavourite();
    if (!active) return input.removeAttribute("aria-activedescendant");
    active.classList.add("is-active");
    input.setAttribute("aria-activedescendant", active.id);
    active.scrollIntoView({ block: "nearest" });
  }

  // The foot is about the model that the keys are on.
  function showFavourite() {
    foot.hidden = !active;
    mend.hidden = !active?.dataset.link;
    if (!active) return;
    mend.querySelector("a").href = active.dataset.link || "";
    const is = "favourite" in active.dataset;
    for (const name of ["endpoint", "model", "spec"]) foot.elements[name].value = active.dataset[name];
    foot.querySelector("button").setAttribute("aria-pressed", is);
    foot.querySelector("[data-act]").textContent = is ? foot.dataset.remove : foot.dataset.add;
    foot.querySelector("b").textContent = active.dataset.label;
  }
  document.addEventListener("parley:favourite", () => {
    active?.toggleAttribute("data-favourite");
    showFavourite();
  });

  function filter() {
    const sought = input.value.trim().toLowerCase().split(/\s+/);
    for (const option of options) {
      const text = option.dataset.words.toLowerCase();
      option.hidden = !sought.every((word) => text.includes(word));
    }
    for (const group of menu.querySelectorAll("[role=group]"))
      group.hidden = !group.querySelector("[role=option]:not([hidden])");
    none.hidden = visible().length > 0;
    activate(visible()[0]);
  }

  // Window, price, and why a model cannot be used: asked for when somebody looks, as a list may be long.
  let asked = false;
  async function tellFacts() {
    if (asked) return;
    asked = true;
    const answer = await fetch(menu.dataset.facts, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer?.ok) return (asked = false);
    const { models } = await answer.json();
    const known = new Map(models.map((each) => [JSON.stringify([each.endpoint, each.model, each.spec]), each]));
    for (const option of options) {
      const { endpoint, model, spec } = option.dataset;
      const facts = known.get(JSON.stringify([endpoint, model, spec]));
      if (!facts) continue;
      for (const [name, text] of [
        ["facts", facts.words],
        ["trouble", facts.trouble],
      ]) {
        const line = option.querySelector(`[data-${name}]`);
        line.textContent = text;
        line.hidden = !text;
      }
      if (facts.blocked) option.setAttribute("aria-disabled", "true");
      if (facts.link) option.dataset.link = facts.link;
    }
    showFavourite();
  }

  function choose(option) {
    if (option.getAttribute("aria-disabled") === "true") return;
    const { endpoint, model, spec, label, endpointLabel, ask } = option.dataset;
    const pick = new URLSearchParams(spec ? { spec } : { endpoint, model });
    menu.hidePopover();
    rememberPick(pick);
    const leaves =
      "switchNew" in document.body.dataset && byId("main").dataset.conversation && endpoint !== field("endpoint").value;
    if (leaves)
      return document.dispatchEvent(new CustomEvent("parley:visit", { detail: { address: `/c/new?${pick}` } }));
    if (byId("landing") && (spec || field("spec").value))
      htmx.ajax("GET", `/c/new/landing?${pick}`, { target: "#landing", swap: "outerHTML" });
    field("endpoint").value = endpoint;
    field("model").value = model;
    field("spec").value = spec;
    const icon = spec
      ? option.querySelector("template")?.content
      : option.closest("[role=group]").querySelector(".group-name");
    document
      .querySelector("[data-model-icon]")
      .replaceChildren(...[icon?.querySelector(".model-icon")?.cloneNode(true)].filter(Boolean));
    document.querySelector("[data-model-name]").textContent = label;
    document.querySelector("[data-model-endpoint]").textContent = endpointLabel;
    const text = document.getElementById("text");
    text.placeholder = text.placeholder.replace(text.dataset.model, label);
    text.dataset.model = label;
    text.focus();
    for (const note of document.querySelectorAll("#key-note, [data-note]")) note.remove();
    if (byId("parameters")) byId("parameters-button").click(); // the panel is about the model in use
    if (ask)
      document.dispatchEvent(new CustomEvent("parley:ask", { detail: { address: ask, method: "GET", values: {} } }));
  }

  menu.addEventListener("beforetoggle", (event) => {
    if (event.newState !== "open") return;
    input.value = "";
    filter();
    for (const option of options) {
      const names = field("spec").value ? ["spec"] : ["spec", "endpoint", "model"];
      option.setAttribute(
        "aria-selected",
        names.every((name) => option.dataset[name] === field(name).value),
      );
    }
  });
  menu.addEventListener("toggle", (event) => {
    if (event.newState !== "open") return activate(null);
    input.focus();
    tellFacts();
    activate(menu.querySelector("[aria-selected=true]") || options[0]);
  });
  input.addEventListener("input", filter);
  input.addEventListener("keydown", (event) => {
    const shown = visible();
    const at = shown.indexOf(active);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 + (at < 1 ? shown.length : 0), Home: 0, End: shown.length - 1 }[
      event.key
    ];
    if (event.key === "Enter") {
      event.preventDefault();
      if (active) choose(active);
    } else if (to !== undefined && shown.length && !(input.value && /Home|End/.test(event.key))) {
      event.preventDefault();
      activate(shown[to % shown.length]);
    }
  });
  menu.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (!option || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    choose(option);
  });
}
