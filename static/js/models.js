// The model menu: a combobox that filters, in a popover. The choice goes into the composer's hidden fields.
const menu = document.getElementById("models");
const input = menu.querySelector("input");
const none = menu.querySelector(".none");
const options = [...menu.querySelectorAll("[role=option]")];
let active = null;

const field = (name) => document.querySelector(`#composer [name=${name}]`);
const visible = () => options.filter((option) => !option.hidden);

function activate(option) {
  active?.classList.remove("is-active");
  active = option || null;
  if (!active) return input.removeAttribute("aria-activedescendant");
  active.classList.add("is-active");
  input.setAttribute("aria-activedescendant", active.id);
  active.scrollIntoView({ block: "nearest" });
}

function filter() {
  const sought = input.value.trim().toLowerCase().split(/\s+/);
  for (const option of options) {
    const text = `${option.dataset.label} ${option.dataset.endpointLabel}`.toLowerCase();
    option.hidden = !sought.every((word) => text.includes(word));
  }
  for (const group of menu.querySelectorAll("[role=group]")) group.hidden = !group.querySelector("[role=option]:not([hidden])");
  none.hidden = visible().length > 0;
  activate(visible()[0]);
}

function choose(option) {
  const { endpoint, model, label, endpointLabel } = option.dataset;
  field("endpoint").value = endpoint;
  field("model").value = model;
  document.querySelector("[data-model-name]").textContent = label;
  document.querySelector("[data-model-endpoint]").textContent = endpointLabel;
  const text = document.getElementById("text");
  text.placeholder = text.placeholder.replace(text.dataset.model, label);
  text.dataset.model = label;
  menu.hidePopover();
  text.focus();
}

menu.addEventListener("beforetoggle", (event) => {
  if (event.newState !== "open") return;
  input.value = "";
  filter();
  for (const option of options) {
    const chosen = option.dataset.endpoint === field("endpoint").value && option.dataset.model === field("model").value;
    option.setAttribute("aria-selected", chosen);
  }
});
menu.addEventListener("toggle", (event) => {
  if (event.newState !== "open") return activate(null);
  input.focus();
  activate(menu.querySelector("[aria-selected=true]") || options[0]);
});
input.addEventListener("input", filter);
input.addEventListener("keydown", (event) => {
  const shown = visible();
  const at = shown.indexOf(active);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1 + (at < 1 ? shown.length : 0), Home: 0, End: shown.length - 1 }[event.key];
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
