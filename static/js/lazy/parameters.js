// The panel of parameters: a slider and its number say the same; an empty number is the default.
const numberOf = (range) => document.getElementById(range.dataset.for);
const rangeOf = (number) => document.querySelector(`#parameters [data-for="${number.id}"]`);

document.addEventListener("input", ({ target }) => {
  if (!target.closest?.("#parameters")) return;
  if (target.type === "range") numberOf(target).value = target.value;
  else if (target.type === "number") {
    const range = rangeOf(target);
    if (range) range.value = target.value || target.dataset.default || range.min;
  }
}, true);
// What was typed last is sent before the panel goes.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && document.activeElement?.closest("#parameters")) document.activeElement.blur();
}, true);
