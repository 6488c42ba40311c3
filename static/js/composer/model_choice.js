// What becomes of a chosen model: it goes into the form's hidden fields, and the page says its name.
import { tell } from "../lib/bus.js";
import { byId, conversation } from "../lib/dom.js";
import { events } from "../lib/events.js";
import { text } from "./form.js";
import { rememberPick } from "./pick.js";

/**
 * @param {"endpoint" | "model" | "spec"} name
 * @returns {HTMLInputElement}
 */
export const field = (name) => document.querySelector(`#composer [name=${name}]`);

function showModel(option) {
  const { spec, label, endpointLabel } = option.dataset;
  const iconHolder = spec
    ? option.querySelector("template")?.content
    : option.closest("[role=group]").querySelector(".group-name");
  const icon = iconHolder?.querySelector(".model-icon")?.cloneNode(true);
  document.querySelector("[data-model-icon]").replaceChildren(...[icon].filter(Boolean));
  document.querySelector("[data-model-name]").textContent = label;
  document.querySelector("[data-model-endpoint]").textContent = endpointLabel;
  const box = text();
  box.placeholder = box.placeholder.replace(box.dataset.model, label);
  box.dataset.model = label;
  box.focus();
}

/** @param {HTMLElement} option of the model menu */
export function chooseModel(option) {
  const { endpoint, model, spec, ask } = option.dataset;
  const pick = new URLSearchParams(spec ? { spec } : { endpoint, model });
  rememberPick(pick);
  const leaves = "switchNew" in document.body.dataset && conversation() && endpoint !== field("endpoint").value;
  if (leaves) return tell(events.visit, { address: `/c/new?${pick}` });
  const greets = byId("landing") && (spec || field("spec").value);
  if (greets) htmx.ajax("GET", `/c/new/landing?${pick}`, { target: "#landing", swap: "outerHTML" });
  field("endpoint").value = endpoint;
  field("model").value = model;
  field("spec").value = spec;
  showModel(option);
  for (const note of document.querySelectorAll("#key-note, [data-note]")) note.remove();
  if (byId("parameters")) byId("parameters-button").click(); // the panel is about the model in use
  if (ask) tell(events.ask, { address: ask, method: "GET", values: {} });
}
