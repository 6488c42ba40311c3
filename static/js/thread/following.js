// Which runs this tab follows, and to which article what is heard of them goes.
import { hear } from "../lib/bus.js";
import { say, targetOf } from "../lib/dom.js";
import { htmxEvents } from "../lib/events.js";
import { words } from "../lib/words.js";
import { refreshList } from "../sidebar/refresh.js";
import { setAway } from "./away.js";
import { secondsOf, tick } from "./clock.js";
import { markUnread, notices } from "./notices.js";
import { changes } from "./parts.js";
import { reloadMessages, TRIES } from "./reload.js";
import { forgiveSlip, toEnd, watchThread } from "./scroll.js";
import { send, start } from "./socket.js";
import { followed, markState, renewed, runs } from "./state.js";
import { heardOfSubrun, watchAgain } from "./subruns.js";

const reloaded = new Set(); // runs that were gone, and whose messages were read anew

function opened(isAgain) {
  if (isAgain) refreshList();
  setAway(false);
  for (const [run, article] of runs) send({ follow: run, ticket: article.dataset.ticket });
  watchAgain();
}

function heard([name, run, ...rest]) {
  if (name === "notice") return notices[run]?.(...rest);
  if (heardOfSubrun([name, run, ...rest])) return;
  if (name === "gone") return gone(run);
  const article = runs.get(run);
  if (!article || !(name in changes)) return;
  changes[name](article, ...rest, run);
  if (name === "reset") renewed.delete(run);
  if (name === "d" && renewed.delete(run)) reloadMessages(TRIES);
  toEnd();
}

function gone(run) {
  runs.delete(run);
  if (reloaded.has(run)) return;
  reloaded.add(run);
  reloadMessages(TRIES);
}

function scan() {
  for (const [run, article] of runs) {
    if (article.isConnected) continue;
    runs.delete(run);
    send({ unfollow: run });
  }
  for (const article of document.querySelectorAll("#messages article[data-run]")) {
    const run = article.dataset.run;
    if (runs.has(run)) continue;
    runs.set(run, article);
    secondsOf(article);
    if (followed.has(run)) renewed.add(run);
    followed.add(run);
    send({ follow: run, ticket: article.dataset.ticket });
    say(words.writing);
  }
  if (runs.size) tick();
  markState();
}

function markDrawn() {
  for (const block of document.querySelectorAll(".screenful:not(.was-drawn)")) block.classList.add("was-drawn");
}
const afterDrawing = () => requestAnimationFrame(() => requestAnimationFrame(markDrawn));

hear(htmxEvents.afterSwap, ({ ctx }) => {
  scan();
  afterDrawing();
  markUnread();
  if (targetOf(ctx)?.id === "main" || ctx.swap === "outerSync") watchThread();
  else if (targetOf(ctx)?.id === "messages") {
    forgiveSlip();
    toEnd();
  }
  // What was sent from further up stands at the end, which is not on the page yet.
  if (ctx.sourceElement?.id === "composer" && document.querySelector("#messages > .later")) reloadMessages();
});

watchThread();
scan();
afterDrawing();
start({ heard, opened, away: setAway });
