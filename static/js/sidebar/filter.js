// The filter by bookmarks: one less by its chip, and the address that asked for one.
import { byId } from "../lib/dom.js";

const side = byId("sidebar");

side.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-do=widen]");
  const box = chip && byId("tag-menu")?.querySelector(`[value="${chip.dataset.tag}"]`);
  if (!box) return;
  event.preventDefault();
  box.checked = false;
  box.dispatchEvent(new Event("change", { bubbles: true }));
  byId("list-tag").focus();
});

side.addEventListener("change", ({ target }) => {
  if (!target.closest("#tag-menu") || !location.search.includes("tag=")) return;
  const kept = new URLSearchParams(location.search);
  kept.delete("tag");
  history.replaceState(history.state, "", location.pathname + (kept.size ? `?${kept}` : ""));
});

// Enter in a box ticks it; the form that the boxes belong to has no page.
side.addEventListener("submit", (event) => event.target.id === "bulk" && event.preventDefault());
side.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches(".pick, #tag-menu input")) return;
  event.preventDefault();
  event.target.click();
});
