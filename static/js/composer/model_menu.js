// The model menu: a combobox that filters, in a popover.
import { hear } from "../lib/bus.js";
import { byId, opensElsewhere } from "../lib/dom.js";
import { events } from "../lib/events.js";
import { chooseModel, field } from "./model_choice.js";
import { showFacts } from "./model_facts.js";

const menu = byId("models");
const input = menu.querySelector("input");
const none = menu.querySelector(".none");
const foot = menu.querySelector("form.models-foot");
const mend = menu.querySelector("[data-foot-trouble]");
const options = [...menu.querySelectorAll("[role=option]")];
let active = null;

const visible = () => options.filter((option) => !option.hidden);

function activate(option) {
  active?.classList.remove("is-active");
  active = option || null;
  showFoot();
  if (!active) return input.removeAttribute("aria-activedescendant");
  active.classList.add("is-active");
  input.setAttribute("aria-activedescendant", active.id);
  active.scrollIntoView({ block: "nearest" });
}

// The foot is about the model that the keys are on.
function showFoot() {
  foot.hidden = !active;
  mend.hidden = !active?.dataset.link;
  if (!active) return;
  mend.querySelector("a").href = active.dataset.link || "";
  const isFavourite = "favourite" in active.dataset;
  for (const name of ["endpoint", "model", "spec"]) foot.elements[name].value = active.dataset[name];
  foot.querySelector("button").setAttribute("aria-pressed", isFavourite);
  foot.querySelector("[data-act]").textContent = isFavourite ? foot.dataset.remove : foot.dataset.add;
  foot.querySelector("b").textContent = active.dataset.label;
}
hear(events.favourite, () => {
  active?.toggleAttribute("data-favourite");
  showFoot();
});

function filter() {
  const sought = input.value.trim().toLowerCase().split(/\s+/);
  for (const option of options) {
    const searchText = option.dataset.words.toLowerCase();
    option.hidden = !sought.every((word) => searchText.includes(word));
  }
  for (const group of menu.querySelectorAll("[role=group]")) {
    group.hidden = !group.querySelector("[role=option]:not([hidden])");
  }
  none.hidden = visible().length > 0;
  activate(visible()[0]);
}

function choose(option) {
  if (option.getAttribute("aria-disabled") === "true") return;
  menu.hidePopover();
  chooseModel(option);
}

menu.addEventListener("beforetoggle", (event) => {
  if (event.newState !== "open") return;
  input.value = "";
  filter();
  const names = field("spec").value ? ["spec"] : ["spec", "endpoint", "model"];
  for (const option of options) {
    const isChosen = names.every((name) => option.dataset[name] === field(name).value);
    option.setAttribute("aria-selected", isChosen);
  }
});

menu.addEventListener("toggle", async (event) => {
  if (event.newState !== "open") return activate(null);
  input.focus();
  const hasFacts = showFacts(menu.dataset.facts, options);
  activate(menu.querySelector("[aria-selected=true]") || options[0]);
  if (await hasFacts) showFoot();
});

input.addEventListener("input", filter);
input.addEventListener("keydown", (event) => {
  const shown = visible();
  const at = shown.indexOf(active);
  const steps = { ArrowDown: at + 1, ArrowUp: at - 1 + (at < 1 ? shown.length : 0), Home: 0, End: shown.length - 1 };
  const to = steps[event.key];
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
  if (!option || opensElsewhere(event)) return;
  event.preventDefault();
  choose(option);
});
