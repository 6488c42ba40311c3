// A press on a row chooses it while rows are chosen, or begins that with Ctrl, Cmd or Shift.
import { byId, opensElsewhere } from "../lib/dom.js";

const side = byId("sidebar");

side.addEventListener(
  "click",
  (event) => {
    const row = event.target.closest("[data-row]");
    const choosing = side.hasAttribute("data-selecting") || opensElsewhere(event);
    if (!row || !choosing || event.target.closest(".pick, .row-more, .rename-here")) return;
    event.preventDefault();
    event.stopPropagation();
    import("parley/select").then((module) => module.press(row, event.shiftKey));
  },
  true,
);
