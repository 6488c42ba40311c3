// What the server tells every tab of a person, whatever is on view there.
import { hear, tell } from "../lib/bus.js";
import { byId, conversation, isOnView } from "../lib/dom.js";
import { events } from "../lib/events.js";
import { words } from "../lib/words.js";
import { refreshList } from "../sidebar/refresh.js";
import { reloadMessages } from "./reload.js";
import { followed, runs } from "./state.js";

const LEAVE_AFTER = 600; // milliseconds: the tab that did it leads away by itself
const JOIN_AFTER = 400; // the tab that began it is just learning of it
const unread = new Set(); // replies that ended while another chat was on view

const rowOf = (id) => byId("sidebar").querySelector(`[data-row="${id}"]`);

/** Mark in the list what has not been looked at yet. */
export function markUnread() {
  unread.delete(conversation());
  for (const row of byId("sidebar").querySelectorAll("[data-row]")) {
    row.toggleAttribute("data-unread", unread.has(row.dataset.row));
  }
}

function leaveIfStillHere(gone) {
  if (!gone.includes(conversation())) return;
  tell(events.toast, { message: words.gone, kind: "good" });
  tell(events.visit, { address: "/c/new" });
}

function joinIfMissing(id, run) {
  const known = followed.has(run) || byId("messages").querySelector(".is-pending, .editor");
  if (!known && isOnView(id)) reloadMessages();
}

hear(events.stale, () => reloadMessages());

/** @type {Record<string, (notice: any) => void>} */
export const notices = {
  gone({ conversations }) {
    for (const id of conversations) rowOf(id)?.remove();
    if (conversations.includes(conversation())) setTimeout(leaveIfStillHere, LEAVE_AFTER, conversations);
  },
  toast: ({ message }) => tell(events.toast, { message }),
  messages(notice) {
    const isBusy = runs.size || document.querySelector(".editor, .is-pending");
    if (isOnView(notice.conversation) && !isBusy) reloadMessages();
  },
  title: (notice) => tell(events.retitle, { conversation: notice.conversation, title: notice.title }),
  list: () => refreshList(),
  queue({ conversation: id, run }) {
    if (!isOnView(id)) return;
    tell(events.queued);
    if (run) joinIfMissing(id, run); // sent by the server: no tab is just learning of it
  },
  run({ conversation: id, running, run, asking = false, subrun = false }) {
    const row = rowOf(id);
    row?.toggleAttribute("data-running", running);
    row?.toggleAttribute("data-asking", asking);
    if (!running && !isOnView(id)) unread.add(id);
    markUnread();
    if (!row) refreshList();
    // Begun in another tab: this one shows it, too.
    if (subrun && isOnView(id)) reloadMessages(); // what it asks is no part of the reply
    if (running && isOnView(id)) setTimeout(joinIfMissing, JOIN_AFTER, id, run);
  },
};
