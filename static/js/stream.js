// The websocket of this tab: applies what the server sends to the replies on the page, and hears notices.
// `docs/streaming.md` describes the messages.
const byId = (id) => document.getElementById(id);
const words = byId("words").dataset;
const main = () => byId("main");
const targetOf = ({ target }) => (typeof target === "string" ? document.querySelector(target) : target);
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(`parley:${name}`, { detail }));

// --- staying at the end, unless the person has scrolled away or asked for a message -------------
let pinned = true;
let lastTop = 0;
let frame = 0;
function toEnd() {
  if (!frame && pinned)
    frame = requestAnimationFrame(() => {
      frame = 0;
      const scroll = byId("scroll");
      if (pinned && scroll) scroll.scrollTop = scroll.scrollHeight;
    });
}
document.addEventListener(
  "scroll",
  (event) => {
    const scroll = event.target;
    if (scroll.id !== "scroll") return;
    const distance = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight;
    if (distance < 32) pinned = true;
    else if (scroll.scrollTop < lastTop - 2) pinned = false;
    lastTop = scroll.scrollTop;
    const jump = document.querySelector(".jump");
    if (jump) jump.hidden = !("jump" in document.body.dataset) || pinned || distance < 160;
  },
  { capture: true, passive: true },
);
const sizes = new ResizeObserver(toEnd);
const threads = new MutationObserver(() => markState());
function watchSize() {
  if (!byId("messages")) return; // a page without a thread
  sizes.disconnect();
  sizes.observe(byId("scroll"));
  threads.disconnect();
  threads.observe(byId("messages"), { childList: true });
  pinned = "latest" in document.body.dataset || !main().dataset.conversation;
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
document.addEventListener(
  "parley:show",
  ({ detail }) => byId(detail.id) && showMessage(byId(detail.id), detail.focuses),
);
addEventListener(
  "hashchange",
  () => byId(location.hash.slice(1))?.matches("article") && showMessage(byId(location.hash.slice(1))),
);
document.addEventListener("parley:to-end", () => {
  pinned = true;
  unmark();
  toEnd();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-do=latest]")) return tell("to-end");
  const quoted = event.target.closest(".quoted a");
  const there = quoted && !(event.ctrlKey || event.metaKey || event.shiftKey) && byId(quoted.hash.slice(1));
  if (!there) return;
  event.preventDefault();
  showMessage(there);
});

// --- the socket ------------------------------------------------------------------------------------
const FIRST_DELAY = 300;
const LONGEST_DELAY = 10000;
const ACKNOWLEDGE_EVERY = 65536;
const PING_EVERY = 20000; // proxies cut connections that were silent for 30 s
const ANSWER_WITHIN = 5000;
const ANSWER_OFFLINE = 1000;
const runs = new Map(); // run → its article
const followed = new Set(); // all runs this page has shown
const renewed = new Set(); // runs whose article came anew; until their `reset`, what comes may belong to the one before
const reloaded = new Set();
const TRIES = 5;
let socket = null;
let delay = FIRST_DELAY;
let tries = 0;
let timer = 0;
let received = 0;
let acknowledged = 0;
let lastHeard = 0;

function connect() {
  clearTimeout(timer);
  if (socket && socket.readyState < WebSocket.CLOSING) return;
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
  socket.onopen = opened;
  socket.onmessage = heard;
  socket.onclose = closed;
}
function send(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}
// While the server cannot be reached the page says so and sends nothing; what is typed stays where it is.
function setAway(away) {
  if (away === document.body.hasAttribute("data-away")) return;
  document.body.toggleAttribute("data-away", away);
  if (away)
    tell("toast", {
      message: navigator.onLine ? words.reconnecting : words.offline,
      kind: "bad",
      stays: true,
      id: "reconnecting",
    });
  else {
    byId("reconnecting")?.remove();
    say(words.reconnected);
  }
  tell("away");
}
function opened() {
  received = acknowledged = 0;
  lastHeard = Date.now();
  if (tries > 0) refreshList();
  setAway(false);
  delay = FIRST_DELAY;
  tries = 0;
  for (const [run, article] of runs) send({ follow: run, ticket: article.dataset.ticket });
}
// Who signs out here is on the way already when the socket is told so.
let leaving = false;
addEventListener("beforeunload", () => (leaving = true));
function closed(event) {
  // Signed out elsewhere: the server shows the way in.
  if (event.code === 4401) return leaving ? setTimeout(() => location.reload(), ANSWER_WITHIN) : location.reload();
  tries += 1;
  if (tries >= 4 || !navigator.onLine) setAway(true);
  timer = setTimeout(connect, delay * (0.75 + Math.random() / 2));
  delay = Math.min(delay * 2, LONGEST_DELAY);
}
// After a sleep a socket may look open although nobody is at its other end: a question that stays unanswered tells.
// `close` alone would wait for the other end, too.
let asking = 0;
function abandon() {
  const dead = socket;
  dead.onopen = dead.onmessage = dead.onclose = null;
  dead.close();
  closed({ code: 1006 });
  connect();
}
function ask(within = ANSWER_WITHIN) {
  if (socket?.readyState !== WebSocket.OPEN || asking) return;
  const asked = Date.now();
  send({ ping: 1 });
  asking = setTimeout(() => {
    asking = 0;
    if (lastHeard < asked) abandon();
  }, within);
}
function wake() {
  if (socket?.readyState === WebSocket.CLOSED) connect();
  else ask();
}
addEventListener("online", wake);
// The system says that there is no network; a server on this machine or in this house may answer all the same.
addEventListener("offline", () => (socket?.readyState === WebSocket.OPEN ? ask(ANSWER_OFFLINE) : setAway(true)));
addEventListener("pageshow", (event) => event.persisted && wake());
document.addEventListener("visibilitychange", () => document.hidden || wake());
setInterval(() => ask(), PING_EVERY);

const encoder = new TextEncoder();
const scratch = new Uint8Array(ACKNOWLEDGE_EVERY);
function bytesOf(text) {
  let count = 0;
  for (let rest = text; rest; ) {
    const { read, written } = encoder.encodeInto(rest, scratch);
    count += written;
    rest = rest.slice(read);
  }
  return count;
}
function heard(event) {
  lastHeard = Date.now();
  received += bytesOf(event.data);
  for (const line of event.data.split("\n")) if (line) apply(JSON.parse(line));
  if (received - acknowledged >= ACKNOWLEDGE_EVERY) send({ ack: (acknowledged = received) });
}

// --- what the messages do ------------------------------------------------------------------------------
const partOf = (article, index) => article.querySelector(`:scope > .parts > [data-part="${index}"]`);
const bodyOf = (part) => (part.matches(".think") ? part.querySelector(".prose") : part);

function unfold(article) {
  if ("thoughts" in document.body.dataset) for (const part of article.querySelectorAll(".think")) part.open = true;
}
// New words fade in, for the eye alone: code and rows of tables do not, and nothing of it comes again with a snapshot.
function append(place, tail) {
  if (place.matches("code, tbody, pre *")) return place.insertAdjacentHTML("beforeend", tail);
  const fresh = Object.assign(document.createElement("span"), { className: "fresh", innerHTML: tail });
  place.append(fresh);
}
const changes = {
  reset(article, html) {
    const wasOpen = [...article.querySelectorAll(".think[open]")].map((each) => each.dataset.part);
    article.querySelector(".parts").innerHTML = html;
    unfold(article);
    for (const index of wasOpen) partOf(article, index)?.setAttribute("open", "");
  },
  n(article, index, html) {
    partOf(article, index)?.remove();
    article.querySelector(".parts").insertAdjacentHTML("beforeend", html);
    unfold(article);
  },
  h(article, index, html) {
    const part = partOf(article, index);
    if (!part) return;
    const open = part.open;
    part.outerHTML = html;
    if (open) partOf(article, index).open = true;
  },
  p(article, index, closedHtml, openHtml, tail) {
    const open = partOf(article, index)?.querySelector("[data-open]");
    if (!open) return;
    if (closedHtml) open.insertAdjacentHTML("beforebegin", closedHtml);
    if (openHtml !== null) open.innerHTML = openHtml;
    if (tail !== null) append(open.querySelector("[data-tail]") || open.lastElementChild || open, tail);
  },
  r(article, index, html) {
    const part = partOf(article, index);
    const open = part?.querySelector("[data-open]");
    if (!open) return;
    open.replaceChildren();
    const body = bodyOf(part);
    body.innerHTML = html;
    body.append(open);
  },
  d(article, state, foot, run) {
    runs.delete(run);
    article.dataset.state = state;
    delete article.dataset.generation;
    delete article.dataset.ticket;
    delete article.dataset.since;
    markState();
    for (const open of article.querySelectorAll("[data-open]")) open.remove();
    article.querySelector(".message-foot").outerHTML = foot;
    htmx.process(article.querySelector(".message-foot")); // its links and buttons are htmx's, too
    tell("ended", { state });
    say({ stopped: words.stopped, failed: words.failed, interrupted: words.interrupted }[state] || words.finished);
  },
};
// The seconds since a run was begun. The server says how many they were when it wrote the page: clocks differ.
function secondsOf(article) {
  const waited = article.querySelector(":scope > .wait")?.dataset.waited || 0;
  article.dataset.since ??= Date.now() - waited * 1000;
  return Math.max(0, Math.floor((Date.now() - article.dataset.since) / 1000));
}
const minutes = (seconds) => `${Math.floor(seconds / 60)}:${`${seconds % 60}`.padStart(2, "0")}`;
// How long a model has been silent, or thinking, and its last words, while its thoughts are folded.
const PATIENT = 10; // seconds in which nobody wonders
function tick() {
  for (const article of runs.values()) {
    const sign = article.querySelector(":scope > .wait");
    const seconds = secondsOf(article);
    if (sign && seconds >= PATIENT) sign.textContent = sign.dataset.words.replace("%", minutes(seconds));
  }
  for (const clock of document.querySelectorAll("#messages .think-clock")) {
    const seconds = secondsOf(clock.closest("article"));
    clock.textContent = seconds < 60 ? `${seconds} s` : minutes(seconds);
    const think = clock.closest(".think");
    let preview = think.querySelector(".think-preview");
    if (!preview) {
      preview = Object.assign(document.createElement("span"), { className: "think-preview", dir: "auto" });
      preview.setAttribute("aria-hidden", "true");
      clock.parentElement.after(preview);
    }
    const said = think.querySelector(".prose").textContent.trim();
    preview.textContent = said.length > 90 ? `…${said.slice(said.indexOf(" ", said.length - 90))}` : said;
  }
}
setInterval(() => runs.size && tick(), 1000);
function apply([name, run, ...rest]) {
  if (name === "notice") return notices[run]?.(...rest);
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
function say(sentence) {
  byId("live").textContent = sentence;
}

const notices = {
  gone({ conversations }) {
    for (const each of conversations) byId("sidebar").querySelector(`[data-row="${each}"]`)?.remove();
    if (!conversations.includes(main().dataset.conversation)) return;
    setTimeout(() => {
      // the tab that did it leads away by itself
      if (!conversations.includes(main().dataset.conversation)) return;
      tell("toast", { message: words.gone, kind: "good" });
      tell("visit", { address: "/c/new" });
    }, 600);
  },
  toast: ({ message }) => tell("toast", { message }),
  messages({ conversation }) {
    const busy = runs.size || document.querySelector(".editor, .is-pending");
    if (main().dataset.conversation === conversation && !busy) reloadMessages();
  },
  title: ({ conversation, title }) => tell("retitle", { conversation, title }),
  list: () => refreshList(),
  run({ conversation, running, run }) {
    const row = byId("sidebar").querySelector(`[data-row="${conversation}"]`);
    row?.toggleAttribute("data-running", running);
    if (!running && main().dataset.conversation !== conversation) unread.add(conversation);
    markUnread();
    if (!row) refreshList();
    // Begun in another tab: this one shows it too, unless it is just learning of its own.
    if (running && main().dataset.conversation === conversation) setTimeout(joinIfMissing, 400, conversation, run);
  },
};
// Replies that ended while another chat was on view.
const unread = new Set();
function markUnread() {
  unread.delete(main().dataset.conversation);
  for (const row of byId("sidebar").querySelectorAll("[data-row]"))
    row.toggleAttribute("data-unread", unread.has(row.dataset.row));
}
function joinIfMissing(conversation, run) {
  const known = followed.has(run) || byId("messages").querySelector(".is-pending, .editor");
  if (!known && main().dataset.conversation === conversation) reloadMessages();
}
// One failed read must not leave half a reply on the page: it is tried again while the chat is on view.
async function reloadMessages(tries = 1, wait = 1000) {
  const { conversation } = main().dataset;
  if (!conversation) return;
  let read = false;
  const heed = ({ detail: { ctx } }) => (read ||= targetOf(ctx)?.id === "messages" && ctx.response?.status === 200);
  document.addEventListener("htmx:after:swap", heed);
  try {
    await htmx.ajax("GET", `/c/${conversation}/messages`, { target: "#messages", swap: "innerHTML" });
  } catch {
    // `read` says it.
  }
  document.removeEventListener("htmx:after:swap", heed);
  if (!read && tries > 1)
    setTimeout(() => main().dataset.conversation === conversation && reloadMessages(tries - 1, wait * 2), wait);
}

// --- the list of chats ------------------------------------------------------------------------------------
let listTimer = 0;
let listIsOld = false;
function refreshList(wait = 250) {
  clearTimeout(listTimer);
  listTimer = setTimeout(() => {
    const busy =
      byId("sidebar").matches("[data-selecting]") || byId("sidebar").querySelector(".rename-here, .is-dragged");
    listIsOld = busy || byId("history").scrollTop > 150; // not under the eyes of someone who reads further down
    if (listIsOld) return;
    const focused = document.activeElement?.closest?.("#history-rows [data-row]")?.dataset.row;
    const refreshed = htmx.ajax("GET", `/sidebar?${new URLSearchParams(new FormData(byId("list-tools")))}`, {
      target: "#history-rows",
      swap: "innerHTML",
    });
    if (focused) refreshed?.then?.(() => byId("sidebar").querySelector(`[data-row="${focused}"] .row`)?.focus());
  }, wait);
}
byId("history").addEventListener("scroll", () => listIsOld && byId("history").scrollTop < 50 && refreshList(), {
  passive: true,
});
document.addEventListener("parley:listed", () => refreshList(0)); // one's own new chat stands there at once

// --- which runs are on the page -----------------------------------------------------------------------------
function scan() {
  for (const [run, article] of runs) {
    if (article.isConnected) continue;
    runs.delete(run);
    send({ unfollow: run });
  }
  for (const article of document.querySelectorAll("#messages article[data-generation]")) {
    const run = article.dataset.generation;
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
// The styles ask these two attributes instead of searching the whole thread whenever a word comes.
function markState() {
  if (!byId("messages")) return;
  main().toggleAttribute("data-empty", !byId("messages").querySelector(":scope > article"));
  main().toggleAttribute("data-running", runs.size > 0);
}
const afterDrawing = () => requestAnimationFrame(() => requestAnimationFrame(markDrawn));
document.addEventListener("htmx:after:swap", (event) => {
  scan();
  afterDrawing();
  markUnread();
  const { ctx } = event.detail;
  if (targetOf(ctx)?.id === "main" || ctx.swap === "outerSync") watchSize();
  else if (targetOf(ctx)?.id === "messages") {
    // Where the messages that were only expected made room, the view slipped back: that was nobody's scrolling.
    if (pinned) lastTop = byId("scroll").scrollTop;
    toEnd();
  }
  // What was sent from further up stands at the end, which is not on the page yet.
  if (ctx.sourceElement?.id === "composer" && document.querySelector("#messages > .later")) reloadMessages();
});
watchSize();
scan();
afterDrawing();
connect();
