// What the library behind the administration's pages leaves out: a landmark, names for the ear, keys for what is clicked.

document.addEventListener("DOMContentLoaded", () => {
  document.getElementById("main")?.setAttribute("role", "main");
  for (const toggle of document.querySelectorAll("span[x-on\\:click*='sidebar']")) {
    pressable(toggle, "Menu");
  }
  for (const head of document.querySelectorAll("th:empty, th:not([aria-label])")) {
    if (!head.textContent.trim()) head.replaceWith(asCell(head));
  }
  for (const select of document.querySelectorAll("select.admin-autocomplete")) nameBox(select);
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copies]");
  if (!button) return;
  const input = document.getElementById(button.dataset.copies);
  input.select();
  await navigator.clipboard.writeText(input.value).catch(() => document.execCommand("copy"));
  button.textContent = button.dataset.copied;
});

addEventListener("load", () => {
  document.querySelectorAll(".simplebar-content-wrapper[role=region]").forEach((region, index) => {
    if (index) region.setAttribute("aria-label", `${region.getAttribute("aria-label")} ${index + 1}`);
  });
});

function pressable(element, name) {
  element.setAttribute("role", "button");
  element.setAttribute("aria-label", name);
  element.tabIndex = 0;
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    element.click();
  });
}

// A head without words heads nothing.
function asCell(head) {
  const cell = document.createElement("td");
  for (const { name, value } of head.attributes) if (name !== "scope") cell.setAttribute(name, value);
  cell.append(...head.childNodes);
  return cell;
}

// The box that stands for a select has its value for a name, and none while it is empty.
function nameBox(select) {
  const label = document.querySelector(`label[for="${select.id}"]`);
  if (!label) return;
  const name = () => {
    const box = select.parentElement.querySelector(".select2-selection");
    if (!box) return;
    const accessibleName = `${label.textContent.trim()} ${select.selectedOptions[0]?.textContent.trim() ?? ""}`.trim();
    for (const element of [box, box.querySelector("[role=textbox]")]) {
      element?.removeAttribute("aria-labelledby");
      element?.setAttribute("aria-label", accessibleName);
    }
  };
  new MutationObserver(name).observe(select.parentElement, { childList: true, subtree: true });
  name();
}
