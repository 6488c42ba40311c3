// iOS lays the keyboard over the page; this keeps the composer above it.
const view = window.visualViewport;

view?.addEventListener("resize", () => {
  if (view.scale > 1.01) return;
  document.documentElement.style.setProperty("--view", `${Math.round(view.height)}px`);
  scrollTo(0, 0);
});
