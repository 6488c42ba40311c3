// The search box of the share dialog: arrow keys go through who was found, Enter adds, Escape closes the list.
import { hear } from "../lib/bus.js";
import { byId } from "../lib/dom.js";
import { htmxEvents } from "../lib/events.js";

const boxOf = (node) => node.closest?.(".share [role=combobox]");
const results = () => byId("people-found");
const options = () => [...results().querySelectorAll("[role=option]")];
const marked = () => results().querySelector("[aria-selected=true]");

function mark(box, option) {
  for (const other of options()) other.setAttribute("aria-selected", other === option);
  if (option) box.setAttribute("aria-activedescendant", option.id);
  else box.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}
document.addEventListener("keydown", (event) => {
  const box = boxOf(event.target);
  if (!box) return;
  const all = options();
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && all.length) {
    event.preventDefault();
    const at = all.indexOf(marked());
    mark(box, all[at < 0 && step < 0 ? all.length - 1 : (at + step + all.length) % all.length]);
  } else if (event.key === "Enter" && marked()) {
    event.preventDefault();
    marked().click();
  } else if (event.key === "Escape" && all.length) {
    event.preventDefault();
    results().replaceChildren();
    box.setAttribute("aria-expanded", "false");
    mark(box, null);
  }
});
hear(htmxEvents.afterSwap, () => {
  const box = document.querySelector(".share [role=combobox]");
  if (!box) return;
  box.setAttribute("aria-expanded", options().length > 0);
  mark(box, null);
  if (document.activeElement === document.body || document.activeElement?.id === "dialog") box.focus();
});
