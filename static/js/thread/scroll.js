// Staying at the end of the thread, unless the person has scrolled away or asked for a message.
import { hear, tell } from "../lib/bus.js";
import { byId, conversation, opensElsewhere } from "../lib/dom.js";
import { events } from "../lib/events.js";
import { markState } from "./state.js";

const AT_THE_END = 32; // pixels
const FAR_FROM_IT = 160;
let pinned = true;
let lastTop = 0;
let frame = 0;

/** Follow what grows, in the next frame. */
export function toEnd() {
  if (frame || !pinned) return;
  frame = requestAnimationFrame(() => {
    frame = 0;
    const scroll = byId("scroll");
    if (pinned && scroll) scroll.scrollTop = scroll.scrollHeight;
  });
}

/** The view moved although nobody scrolled: messages that were only expected made room. */
export function forgiveSlip() {
  if (pinned) lastTop = byId("scroll").scrollTop;
}

document.addEventListener(
  "scroll",
  ({ target: scroll }) => {
    if (scroll.id !== "scroll") return;
    const distance = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight;
    if (distance < AT_THE_END) pinned = true;
    else if (scroll.scrollTop < lastTop - 2) pinned = false;
    lastTop = scroll.scrollTop;
    const jump = document.querySelector(".jump");
    if (jump) jump.hidden = !("jump" in document.body.dataset) || pinned || distance < FAR_FROM_IT;
  },
  { capture: true, passive: true },
);

const sizes = new ResizeObserver(toEnd);
const threads = new MutationObserver(() => markState());

/** Another thread is on view: begin at its end, or at the message that the address names. */
export function watchThread() {
  if (!byId("messages")) return; // a page without a thread
  sizes.disconnect();
  sizes.observe(byId("scroll"));
  threads.disconnect();
  threads.observe(byId("messages"), { childList: true });
  pinned = "latest" in document.body.dataset || !conversation();
  lastTop = 0;
  const asked = location.hash.startsWith("#m-") && byId(location.hash.slice(1));
  if (asked) showMessage(asked);
  else toEnd();
}

const unmark = () => document.querySelector(".is-found")?.classList.remove("is-found");

// The one way to a message: from a search, a quotation, the strip and the map.
function showMessage(article, focuses = true) {
  pinned = false;
  unmark();
  article.classList.add("is-found");
  article.scrollIntoView({ block: "start" });
  if (!focuses) return;
  article.tabIndex = -1;
  article.focus({ preventScroll: true });
}

hear(events.show, ({ id, focuses }) => byId(id) && showMessage(byId(id), focuses));
addEventListener("hashchange", () => {
  const named = byId(location.hash.slice(1));
  if (named?.matches("article")) showMessage(named);
});
hear(events.toEnd, () => {
  pinned = true;
  unmark();
  toEnd();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-do=latest]")) return tell(events.toEnd);
  const quoted = event.target.closest(".quoted a");
  const there = quoted && !opensElsewhere(event) && byId(quoted.hash.slice(1));
  if (!there) return;
  event.preventDefault();
  showMessage(there);
});
