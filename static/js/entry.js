// Pages that stand alone: tells the server the time zone, and shows a password on request.
import { setCookie, setTimeZone } from "./lib/cookies.js";

setTimeZone();

document.addEventListener("click", (event) => {
  const banner = event.target.closest("[data-do=put-away]")?.closest("[data-banner]");
  if (banner) {
    setCookie("banner", banner.dataset.banner);
    banner.remove();
    return;
  }
  const button = event.target.closest("[data-do=reveal]");
  if (!button) return;
  const input = button.parentElement.querySelector("input");
  const shown = input.type === "password";
  input.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", shown);
});
