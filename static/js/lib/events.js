// The names of all events by which scripts reach each other, ours and those of htmx. Templates name some of them, too.

/** Ours; what stands in brackets is the event's `detail`. */
export const events = {
  /** Open a form in the dialog, or send one that asks only whether {address, method, values}. */
  ask: "parley:ask",
  /** Whether the server can be reached has changed; `data-away` on the body says which. */
  away: "parley:away",
  /** Something of this chat was set: the header asks for its actions anew. */
  changed: "parley:changed",
  /** Choose a model {option: the id of its option}. */
  chooseModel: "parley:choose-model",
  /** What was asked in the dialog is done. */
  done: "parley:done",
  /** A reply has ended {state}. */
  ended: "parley:ended",
  /** The model that the menu's keys are on became a favourite, or is none any longer. */
  favourite: "parley:favourite",
  /** The list of chats has a new one. */
  listed: "parley:listed",
  /** The chips' quotes are on their way with a message. */
  quotesTaken: "parley:quotes-taken",
  /** The messages on view are no longer all there are. */
  stale: "parley:stale",
  /** What waits in the queue of the chat on view has changed. */
  queued: "parley:queued",
  /** Another chat is on view. */
  moved: "parley:moved",
  /** A chat has another title {conversation, title}. */
  retitle: "parley:retitle",
  /** Lead to a message {id, focuses}. */
  show: "parley:show",
  /** Go to the end of the thread, and stay there. */
  toEnd: "parley:to-end",
  /** Say something at the edge of the page {message, kind, stays, id}. */
  toast: "parley:toast",
  /** Go to another page or chat {address}. */
  visit: "parley:visit",
};

/** Those of htmx; `detail.ctx` is the request. */
export const htmxEvents = {
  beforeRequest: "htmx:before:request",
  beforeSwap: "htmx:before:swap",
  afterSwap: "htmx:after:swap",
  finallyRequest: "htmx:finally:request",
  error: "htmx:error",
};
