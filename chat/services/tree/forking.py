"""Copying part of a conversation's tree into a new conversation. The original does not change.

The options and the split are those of the product reference (features §1). Where a split begins with replies, their
questions are copied too, since only a person's message can begin a conversation.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count as count_from
from itertools import pairwise
from typing import Any, Literal, get_args
from uuid import UUID

from django.db import connection, transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.bans import record_violation
from chat import access
from chat.models import Conversation, Message
from chat.services import results, storage
from chat.services.notices import notify
from chat.services.organise.conversations import TITLE_LIMIT
from chat.services.refusal import TurnRefused
from core import quotas, rate_limits
from core.ids import uuid7
from messages.parts import plain_text

_NUMBER = re.compile(r" \(\d+\)\Z")
Option = Literal["directPath", "includeBranches", "targetLevel"]
OPTIONS: tuple[Option, ...] = get_args(Option)
DEFAULT: Option = "targetLevel"


@dataclass(frozen=True, slots=True)
class Node:
    """What the choice of messages needs to know of one."""

    id: UUID
    parent_id: UUID | None
    is_user: bool
    created_at: datetime
    chosen_child_id: UUID | None = None
    is_streaming: bool = False


class Tree:
    """What hangs together from the roots of a conversation; orphans and circles in stored data are not in it."""

    def __init__(self, nodes: Iterable[Node], *, roots: Sequence[UUID] | None = None) -> None:
        known = {node.id: node for node in sorted(nodes, key=lambda node: (node.created_at, node.id))}
        self.children: dict[UUID | None, list[Node]] = {}
        for node in known.values():
            self.children.setdefault(node.parent_id, []).append(node)
        self.levels: list[list[Node]] = []
        self.level_of: dict[UUID, int] = {}
        self.parent_of: dict[UUID, UUID | None] = {}
        level = self.children.get(None, []) if roots is None else [known[root_id] for root_id in roots]
        self.parent_of.update((root.id, None) for root in level)
        while level:
            self.level_of.update((node.id, len(self.levels)) for node in level)
            self.levels.append(level)
            below = (child for node in level for child in self.children.get(node.id, []))
            level = [child for child in below if child.id not in self.level_of]
            self.parent_of.update((child.id, child.parent_id) for child in level)
        self.nodes = {node.id: node for level in self.levels for node in level}

    def path(self, target: UUID) -> list[UUID]:
        """Return the ids from the root to `target`."""
        path: list[UUID] = []
        at: UUID | None = target
        while at is not None:
            path.append(at)
            at = self.parent_of[at]
        return path[::-1]

    def choose(self, target: UUID, option: Option) -> set[UUID]:
        """Return the ids of the messages that `option` takes along to `target`."""
        path = self.path(target)
        if option == "directPath":
            return set(path)
        if option == "includeBranches":
            return set(path) | {child.id for message_id in path[:-1] for child in self.children.get(message_id, [])}
        return {node.id for level in self.levels[: self.level_of[target] + 1] for node in level}

    def split(self, target: UUID) -> "Tree":
        """Return the tree that begins at the level of `target`; replies there keep the questions above them."""
        roots: dict[UUID, None] = {}
        for node in self.levels[self.level_of[target]]:
            at: Node | None = node
            while at is not None and not at.is_user:
                above = self.parent_of[at.id]
                at = self.nodes[above] if above else None
            if at is not None:
                roots[at.id] = None
        topmost = [root_id for root_id in roots if not any(above in roots for above in self.path(root_id)[:-1])]
        return Tree(self.nodes.values(), roots=topmost)


def fork(
    *,
    user: User,
    conversation_id: UUID,
    message_id: UUID,
    option: Option = "targetLevel",
    split: bool = False,
    latest_message_id: UUID | None = None,
    title: str | None = None,
    address: str = "",
) -> Conversation:
    """Copy the chosen part of the tree into a new conversation, whose branch on view ends at the message.

    With `split` the copy begins at the message's level and goes on to `latest_message_id`. Raises `TurnRefused`,
    `rate_limits.TooOften` and `Http404`.
    """
    original = access.conversation_for(user, conversation_id)
    tree = read(original)
    target = _within(tree, message_id)
    if latest_message_id is not None and latest_message_id not in tree.nodes:
        raise Http404("There is no such message.")
    if split:
        if latest_message_id is None:
            raise TurnRefused(_("To start at this message, name the last message to include."), status=400)
        _within(tree, latest_message_id)
        tree = tree.split(target)
        target = _within(tree, latest_message_id)
    count(user, address)
    return _copy(original, tree, target, tree.choose(target, option), title=title)


def title_of_copy(original: Conversation, template: str) -> str:
    """Return `template` with the original's title in them, and a number where that title is taken.

    `template` holds ``%(title)s``; what a copy of a copy already says is not said again.
    """
    before, _placeholder, after = template.partition("%(title)s")
    bare = original.title
    if bare.startswith(before) and before:
        bare = bare.removeprefix(before).removesuffix(after)
        bare = _NUMBER.sub("", bare)
    marked = f"{before}{bare}{after}"[: TITLE_LIMIT - 8]
    taken = set(
        Conversation.objects.filter(owner_id=original.owner_id, title__startswith=marked).values_list(
            "title", flat=True
        )
    )
    number = next(
        candidate
        for candidate in count_from(1)
        if (marked if candidate == 1 else f"{marked} ({candidate})") not in taken
    )
    return marked if number == 1 else f"{marked} ({number})"


def duplicate(*, user: User, conversation_id: UUID, title: str | None = None, address: str = "") -> Conversation:
    """Copy the whole conversation, with the branch that is on view. Raises `rate_limits.TooOften` and `Http404`."""
    original = access.conversation_for(user, conversation_id)
    count(user, address)
    tree = read(original)
    return _copy(original, tree, None, set(tree.nodes), title=title)


def count(user: User, address: str) -> None:
    """Count one copy. Raises `rate_limits.TooOften`, a violation."""
    try:
        if address:
            rate_limits.count(rate_limits.named("fork_ip"), address)
        rate_limits.count(rate_limits.named("fork_user"), str(user.id))
    except rate_limits.TooOften:
        record_violation("fork_limit", user=user, address=address)
        raise


def read(conversation: Conversation) -> Tree:
    """Return the conversation's tree. One query."""
    rows = Message.objects.filter(conversation=conversation).values_list(
        "id", "parent_id", "author", "created_at", "chosen_child_id", "state"
    )
    return Tree(
        Node(message_id, parent, author == Message.Author.USER, created, chosen, state == Message.State.STREAMING)
        for message_id, parent, author, created, chosen, state in rows
    )


def _within(tree: Tree, message_id: UUID) -> UUID:
    if message_id not in tree.nodes:
        raise Http404("There is no such message.")
    if tree.nodes[message_id].is_streaming:
        raise TurnRefused(_("This reply is still being written."), status=409, code="busy")
    return message_id


_COPY = """
INSERT INTO chat_message (id, conversation_id, parent_id, chosen_child_id, author, state, parts, text, quotes, endpoint,
    model, spec, sender, finish_reason, usage, edited_at, created_at, updated_at)
SELECT n.id, %s, n.parent, n.chosen, m.author, CASE m.state WHEN 'streaming' THEN 'stopped' ELSE m.state END, m.parts,
    m.text, m.quotes, m.endpoint, m.model, m.spec, m.sender, m.finish_reason, m.usage, m.edited_at, n.created, n.created
FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::timestamptz[]) AS n (old, id, parent, chosen, created)
JOIN chat_message m ON m.id = n.old
"""
# A copy says what its original says, to the same owner: making its entry anew would take most of the time.
_COPYING = "SELECT set_config('parley.copying', %s, true)"
_COPY_SEARCH = """
INSERT INTO chat_searchentry (message_id, owner_id, conversation_id, created_at, vector, version)
SELECT m.id, c.owner_id, c.id, m.created_at,
    coalesce(e.vector, chat_search_vector(c.owner_id, m.author, m.text)), coalesce(e.version, 1)
FROM unnest(%s::uuid[], %s::uuid[]) AS n (old, id)
JOIN chat_message m ON m.id = n.id JOIN chat_conversation c ON c.id = m.conversation_id
LEFT JOIN chat_searchentry e ON e.message_id = n.old AND e.owner_id = c.owner_id
ON CONFLICT (message_id) DO NOTHING
"""


def _copy(
    original: Conversation, tree: Tree, target: UUID | None, chosen: set[UUID], *, title: str | None = None
) -> Conversation:
    """Store the copies, by as many statements for thousands of messages as for one."""
    order = [node for level in tree.levels for node in level if node.id in chosen]
    new_id = {node.id: uuid7() for node in order}
    _take(original.owner, [node.id for node in order])
    path = tree.path(target) if target else []
    root = path[0] if path else original.chosen_root_id
    now = timezone.now()
    with transaction.atomic():
        made = Conversation.objects.create(
            owner_id=original.owner_id,
            title=title or original.title,
            titled_by=original.titled_by,
            endpoint=original.endpoint,
            model=original.model,
            spec=original.spec,
            settings=original.settings,
            icon_url=original.icon_url,
            greeting=original.greeting,
            project=original.project,
            created_at=now,
            updated_at=now,
        )
        made.bookmarks.set(original.bookmarks.all())
        columns = [list(column) for column in zip(*_rows(tree, order, new_id, path), strict=True)] or [[]] * 5
        with connection.cursor() as cursor:
            cursor.execute(_COPYING, ["on"])
            cursor.execute(_COPY, [made.id, *columns])
            cursor.execute(_COPYING, ["off"])
            cursor.execute(_COPY_SEARCH, columns[:2])
            results.copy(*columns[:2])
        made.chosen_root_id = new_id.get(root) if root else None
        made.save(update_fields=["chosen_root"])
        for copy in Message.objects.filter(id__in=[new_id[node.id] for node in order if node.is_streaming]):
            Message.objects.filter(id=copy.id).update(text=plain_text(copy.content), finish_reason="stopped")
        notify(original.owner_id, "list", {})
    return made


def _take(user: User, message_ids: list[UUID]) -> None:
    """Count what is copied, by its size. Raises `rate_limits.TooOften` and `core.quotas.QuotaReached`."""
    size = storage.size_of(message_ids)
    quotas.count_volume(str(user.id), size)
    storage.take(user, size)


def _rows(tree: Tree, order: list[Node], new_id: dict[UUID, UUID], path: list[UUID]) -> list[tuple[Any, ...]]:
    """Return old id, id, parent, chosen child and time of each copy. A child is later than its parent."""
    next_on_path = dict(pairwise(path))
    times: dict[UUID, datetime] = {}
    rows = []
    for node in order:
        above = tree.parent_of[node.id]
        times[node.id] = max(node.created_at, times[above] + timedelta(milliseconds=1)) if above else node.created_at
        chosen = next_on_path.get(node.id, node.chosen_child_id)
        parent = new_id[above] if above else None
        rows.append((node.id, new_id[node.id], parent, new_id.get(chosen) if chosen else None, times[node.id]))
    return rows
