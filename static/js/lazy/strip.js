// The strip beside a long thread: where one is in it, and a way to everywhere else.
import { hear, tell } from "../lib/bus.js";
import { byId, conversation, isOnView, main, opensElsewhere, targetOf } from "../lib/dom.js";
import { events, htmxEvents } from "../lib/events.js";

const MIN_MESSAGES = 8;
let shown = null; // the conversation whose strip stands there
let timer = 0;
const visible = new Map();
const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) visible.set(target.dataset.message, target);
      else visible.delete(target.dataset.message);
    }
    mark();
  },
  { threshold: 0 },
);

/** Draw the strip anew, or take it away where the thread is short. */
export async function refresh() {
  clearTimeout(timer);
  const id = conversation();
  const articles = document.querySelectorAll("#messages article[data-message]");
  if (!id || articles.length < MIN_MESSAGES) return remove();
  const answer = await fetch(`/c/${id}/outline`, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!answer?.ok || !isOnView(id)) return;
  const focused = document.activeElement?.dataset?.mark;
  byId("strip")?.remove();
  main().insertAdjacentHTML("beforeend", await answer.text());
  if (focused) byId("strip").querySelector(`[data-mark="${focused}"]`)?.focus();
  shown = id;
  watch();
}
function remove() {
  byId("strip")?.remove();
  shown = null;
  observer.disconnect();
  visible.clear();
}
function watch() {
  observer.disconnect();
  visible.clear();
  for (const article of document.querySelectorAll("#messages article[data-message]")) observer.observe(article);
}
function mark() {
  const strip = byId("strip");
  if (!strip) return;
  const articles = [...document.querySelectorAll("#messages article[data-message]")];
  const first = articles.find((article) => visible.has(article.dataset.message));
  const before = articles
    .slice(0, articles.indexOf(first) + 1)
    .reverse()
    .map((article) => article.dataset.message);
  const at = before.map((id) => strip.querySelector(`[data-mark="${id}"]`)).find(Boolean);
  strip.querySelector("[aria-current]")?.removeAttribute("aria-current");
  at?.setAttribute("aria-current", "true");
}
async function go(id) {
  if (id === "end") return tell(events.toEnd);
  let article = byId(`m-${id}`);
  if (!article) {
    await htmx.ajax("GET", `/c/${shown}/messages?at=${id}`, { target: "#messages", swap: "innerHTML" });
    article = byId(`m-${id}`);
  }
  if (article) tell(events.show, { id: article.id, focuses: false });
}
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-mark]");
  if (!link || opensElsewhere(event)) return;
  event.preventDefault();
  go(link.dataset.mark);
});
document.addEventListener("keydown", (event) => {
  const link = event.target.closest?.("[data-mark]");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!link || !step) return;
  event.preventDefault();
  const all = [...byId("strip").querySelectorAll("[data-mark]")];
  all[Math.min(all.length - 1, Math.max(0, all.indexOf(link) + step))].focus();
});
// Drag along the strip to pass through the thread.
document.addEventListener("pointermove", (event) => {
  if (!event.buttons || !byId("strip")?.contains(event.target)) return;
  const link = event.target.closest("[data-mark]");
  if (link && byId(`m-${link.dataset.mark}`)) go(link.dataset.mark);
});
hear(htmxEvents.afterSwap, ({ ctx }) => {
  const target = targetOf(ctx);
  if (target?.id === "main") remove();
  if (target?.id === "main" || target?.closest?.("#messages")) timer = setTimeout(refresh, 200);
});
refresh();
