// Sections that fold. What is folded is known here: a list that was asked for before a click may arrive after it.
import { hear } from "../lib/bus.js";
import { getCookie, setCookie } from "../lib/cookies.js";
import { byId } from "../lib/dom.js";
import { htmxEvents } from "../lib/events.js";

const side = byId("sidebar");
const folded = new Set(getCookie("folded").split(".").filter(Boolean));

side.addEventListener("click", (event) => {
  const section = event.target.closest(".fold > summary")?.parentElement;
  if (!section) return;
  if (section.open) folded.add(section.dataset.fold);
  else folded.delete(section.dataset.fold);
  setCookie("folded", [...folded].join("."));
});
hear(htmxEvents.afterSwap, () => {
  for (const section of side.querySelectorAll(".fold[data-fold]")) section.open = !folded.has(section.dataset.fold);
});

// A project's chats come when it is unfolded.
side.addEventListener(
  "toggle",
  ({ target }) => {
    const list = target.matches?.(".inside[open]") && target.querySelector("[data-rows]");
    if (list && !list.children.length) htmx.ajax("GET", list.dataset.rows, { target: list, swap: "innerHTML" });
  },
  true,
);
