// Pages that stand alone: tells the server the time zone, and shows a password on request.
document.cookie = `tz=${encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC")};path=/;max-age=31536000;samesite=lax`;

document.addEventListener("click", (event) => {
  const banner = event.target.closest("[data-do=put-away]")?.closest("[data-banner]");
  if (banner) {
    document.cookie = `banner=${banner.dataset.banner};path=/;max-age=31536000;samesite=lax`;
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
