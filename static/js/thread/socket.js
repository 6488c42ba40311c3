// The websocket of this tab. `docs/streaming.md` describes what is said on it.

/**
 * @typedef {object} Listener
 * @property {(message: any[]) => void} heard
 * @property {(isAgain: boolean) => void} opened whether the connection was lost before
 * @property {(isAway: boolean) => void} away whether the server can be reached
 */

const FIRST_DELAY = 300; // milliseconds
const MAX_DELAY = 10000;
const TRIES_UNSEEN = 4;
const PING_EVERY = 20000; // proxies cut connections that were silent for 30 s
const ANSWER_WITHIN = 5000;
const ANSWER_OFFLINE = 1000;
const ACKNOWLEDGE_EVERY = 65536; // bytes
const SIGNED_OUT = 4401;
const LOST = 1006;

/** @type {Listener} */
let listener;
let socket = null;
let delay = FIRST_DELAY;
let tries = 0;
let timer = 0;
let received = 0;
let acknowledged = 0;
let lastHeard = 0;
let asking = 0;
let leaving = false; // who signs out here is on the way already when the socket is told so

/** @param {Listener} whoHears */
export function start(whoHears) {
  listener = whoHears;
  connect();
}

/** @param {object} message is not said where there is no connection: opening one says anew what is to be followed */
export function send(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

function connect() {
  clearTimeout(timer);
  if (socket && socket.readyState < WebSocket.CLOSING) return;
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
  socket.onopen = opened;
  socket.onmessage = heard;
  socket.onclose = closed;
}

function opened() {
  received = acknowledged = 0;
  lastHeard = Date.now();
  const isAgain = tries > 0;
  delay = FIRST_DELAY;
  tries = 0;
  listener.opened(isAgain);
  if (!navigator.onLine) ask(ANSWER_OFFLINE); // it may have been opened just before the network went
}

function closed(event) {
  // Signed out elsewhere: the server shows the way in.
  if (event.code === SIGNED_OUT) {
    return leaving ? setTimeout(() => location.reload(), ANSWER_WITHIN) : location.reload();
  }
  tries += 1;
  if (tries >= TRIES_UNSEEN || !navigator.onLine) listener.away(true);
  timer = setTimeout(connect, delay * (0.75 + Math.random() / 2));
  delay = Math.min(delay * 2, MAX_DELAY);
}

// `close` alone would wait for the other end, too.
function abandon() {
  const dead = socket;
  dead.onopen = dead.onmessage = dead.onclose = null;
  dead.close();
  closed({ code: LOST });
  connect();
}

// After a sleep a socket may look open although nobody is at its other end: a question that stays unanswered tells.
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
  for (const line of event.data.split("\n")) if (line) listener.heard(JSON.parse(line));
  if (received - acknowledged < ACKNOWLEDGE_EVERY) return;
  acknowledged = received;
  send({ ack: acknowledged });
}

addEventListener("beforeunload", () => {
  leaving = true;
});
addEventListener("online", wake);
// The system says that there is no network; a server on this machine or in this house may answer all the same.
addEventListener("offline", () => {
  if (socket?.readyState === WebSocket.OPEN) ask(ANSWER_OFFLINE);
  else listener.away(true);
});
addEventListener("pageshow", (event) => event.persisted && wake());
document.addEventListener("visibilitychange", () => document.hidden || wake());
setInterval(() => ask(), PING_EVERY);
