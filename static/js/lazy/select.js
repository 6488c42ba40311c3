// Choosing many chats at once.
const byId = (id) => document.getElementById(id);
const side = () => byId("sidebar");
const boxes = () => [...side().querySelectorAll(".pick")];
const chosen = () => boxes().filter((box) => box.checked);

function show(on) {
  side().toggleAttribute("data-selecting", on);
  byId("bulk").hidden = !on;
  side().querySelector("[data-do=select]").setAttribute("aria-pressed", on);
  if (!on) for (const box of boxes()) box.checked = false;
  count();
}
function count() {
  const words = byId("words").dataset;
  byId("bulk").querySelector("[data-count]").textContent = words.selected.replace("%", chosen().length);
  for (const button of byId("bulk").querySelectorAll("[data-action]")) button.disabled = !chosen().length;
}
export function select() {
  show(!side().hasAttribute("data-selecting"));
  if (side().hasAttribute("data-selecting")) boxes()[0]?.focus();
}
export function selectAll() {
  const all = boxes().every((box) => box.checked);
  for (const box of boxes()) box.checked = !all;
  count();
}
export function many(button) {
  const { action } = button.dataset;
  const ids = chosen().map((box) => box.value);
  const values = new FormData();
  values.append("action", action);
  for (const id of ids) values.append("ids", id);
  const asks = action === "move" || action === "tag";
  document.dispatchEvent(new CustomEvent("parley:ask", { detail: { address: "/conversations/bulk", method: asks ? "GET" : "POST", values } }));
}
// A press that begins the selection: with Ctrl or Cmd on a row, as in a file manager.
export function begin(row) {
  show(true);
  row.querySelector(".pick").checked = true;
  count();
}
document.addEventListener("change", (event) => event.target.matches(".pick") && count());
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && side().hasAttribute("data-selecting") && !document.querySelector("dialog[open], :popover-open")) {
    show(false);
    side().querySelector("[data-do=select]").focus();
  }
});
document.addEventListener("parley:done", () => side().hasAttribute("data-selecting") && show(false));
