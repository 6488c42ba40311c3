// What the messages of the socket do to a reply on the page. `docs/streaming.md` has their names.
import { tell } from "../lib/bus.js";
import { say } from "../lib/dom.js";
import { events } from "../lib/events.js";
import { words } from "../lib/words.js";
import { markState, runs } from "./state.js";

const partOf = (article, index) => article.querySelector(`:scope > .parts > [data-part="${index}"]`);
const bodyOf = (part) => (part.matches(".think") ? part.querySelector(".prose") : part);

function unfold(article) {
  if ("thoughts" in document.body.dataset) for (const part of article.querySelectorAll(".think")) part.open = true;
}

// New words fade in, for the eye alone: code and rows of tables do not, and nothing of it comes again with a snapshot.
function append(container, tail) {
  if (container.matches("code, tbody, pre *")) return container.insertAdjacentHTML("beforeend", tail);
  const fresh = Object.assign(document.createElement("span"), { className: "fresh", innerHTML: tail });
  container.append(fresh);
}

/** @type {Record<string, (article: HTMLElement, ...rest: any[]) => void>} */
export const changes = {
  /** All of the reply. */
  reset(article, html) {
    const wasOpen = [...article.querySelectorAll(":scope > .parts > details[open]")].map((part) => part.dataset.part);
    article.querySelector(".parts").innerHTML = html;
    unfold(article);
    for (const index of wasOpen) partOf(article, index)?.setAttribute("open", "");
  },
  /** A new part. */
  n(article, index, html) {
    partOf(article, index)?.remove();
    article.querySelector(".parts").insertAdjacentHTML("beforeend", html);
    unfold(article);
  },
  /** A part's whole HTML. */
  h(article, index, html) {
    const part = partOf(article, index);
    if (!part) return;
    const { open } = part;
    part.outerHTML = html;
    if (open) partOf(article, index).open = true;
  },
  /** More of a part: blocks that are finished, the open one anew, or words at its end. */
  p(article, index, closedHtml, openHtml, tail) {
    const open = partOf(article, index)?.querySelector("[data-open]");
    if (!open) return;
    if (closedHtml) open.insertAdjacentHTML("beforebegin", closedHtml);
    if (openHtml !== null) open.innerHTML = openHtml;
    if (tail !== null) append(open.querySelector("[data-tail]") || open.lastElementChild || open, tail);
  },
  /** What is in a part, rendered anew. */
  r(article, index, html) {
    const part = partOf(article, index);
    const open = part?.querySelector("[data-open]");
    if (!open) return;
    open.replaceChildren();
    const body = bodyOf(part);
    body.innerHTML = html;
    body.append(open);
  },
  /** The end. */
  d(article, state, foot, run) {
    runs.delete(run);
    article.dataset.state = state;
    delete article.dataset.run;
    delete article.dataset.ticket;
    delete article.dataset.since;
    markState();
    for (const open of article.querySelectorAll("[data-open]")) open.remove();
    article.querySelector(".message-foot").outerHTML = foot;
    htmx.process(article.querySelector(".message-foot")); // its links and buttons are htmx's, too
    tell(events.ended, { state });
    say({ stopped: words.stopped, failed: words.failed, interrupted: words.interrupted }[state] || words.finished);
  },
};
