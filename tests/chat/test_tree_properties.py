"""Whatever is done to a conversation, in whatever order, its tree stays a tree and forks follow their rules."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.models import User
from chat.models import Conversation, Message
from chat.services.refusal import TurnRefused
from chat.services.tree import forking, tree
from chat.services.tree.forking import OPTIONS, Option
from chat.services.tree.map import tree_map
from chat.services.turns import editing, turns
from chat.services.turns.draft import StartedTurn
from tests.conversations import draft, end

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("somewhere")]
# Shrinking would repeat thousands of statements; the operations of a failure are short enough to read.
slowly = settings(
    max_examples=60, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
Branch = Callable[..., Conversation]


@pytest.fixture(autouse=True)
def as_many_copies_as_there_are_examples(settings: Settings) -> None:
    settings.FORK_USER_MAX = 0


OPERATIONS = (
    "send",
    "send at",
    "root",
    "regenerate",
    "rerun",
    "go on",
    "choose",
    "show",
    "delete",
    "delete branch",
    "fork",
    "duplicate",
)
operations = st.lists(st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 1000)), min_size=1, max_size=12)


@dataclass
class Model:
    """What a conversation should be, kept in plain dictionaries in the order in which messages came."""

    parent: dict[UUID, UUID | None] = field(default_factory=dict)
    is_user: dict[UUID, bool] = field(default_factory=dict)
    chosen: dict[UUID | None, UUID | None] = field(default_factory=dict)
    empty: set[UUID] = field(default_factory=set)  # places of deleted messages

    def below(self, message: UUID | None) -> list[UUID]:
        return [child for child, above in self.parent.items() if above == message]

    def up(self, message: UUID) -> list[UUID]:
        above = self.parent[message]
        return [*(self.up(above) if above else []), message]

    def depth(self, message: UUID) -> int:
        return len(self.up(message))

    def path(self) -> list[UUID]:
        path: list[UUID] = []
        at: UUID | None = None
        while children := self.below(at):
            at = self.chosen.get(at) or children[-1]
            path.append(at)
        return path

    def add(self, message: UUID, parent: UUID | None, *, is_user: bool) -> None:
        self.parent[message], self.is_user[message], self.chosen[parent] = parent, is_user, message

    def show(self, message: UUID) -> None:
        for ancestor in self.up(message):
            self.chosen[self.parent[ancestor]] = ancestor

    def delete(self, message: UUID) -> None:
        if self.below(message):
            self.empty.add(message)
        else:
            self.delete_branch(message)

    def delete_branch(self, message: UUID) -> None:
        above = self.parent[message]
        while above in self.empty and len(self.below(above)) == 1:
            message, above = above, self.parent[above]
        gone = {node for node in self.parent if message in self.up(node)}
        for node in gone:
            del self.parent[node], self.is_user[node]
        self.empty -= gone
        self.chosen = {above: child for above, child in self.chosen.items() if above not in gone and child not in gone}

    def taken(self, target: UUID, option: Option) -> set[UUID]:
        """The rules of a fork, said naively."""
        path = self.up(target)
        if option == "directPath":
            return set(path)
        if option == "includeBranches":
            return {child for child, above in self.parent.items() if child in path or above in path[:-1]}
        return {node for node in self.parent if self.depth(node) <= self.depth(target)}

    def split(self, target: UUID) -> "Model":
        """The part from the level of `target` on, whose replies bring their questions."""
        level = [node for node in self.parent if self.depth(node) == self.depth(target)]
        roots = {node if self.is_user[node] else self.parent[node] for node in level}
        kept = {node for node in self.parent if roots & set(self.up(node))}
        parent = {child: None if child in roots else above for child, above in self.parent.items() if child in kept}
        return Model(parent, self.is_user, self.chosen, self.empty)


class Run:
    """One conversation under test, and the model of it."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.model = Model()
        self.ever: set[UUID] = set()
        self.chat = self.started(turns.start_turn(user=user, conversation_id=None, draft=draft()), None)

    def started(self, turn: StartedTurn, parent: UUID | None) -> Conversation:
        end(turn.run)
        assert not {turn.user_message.id, turn.reply.id} & self.ever
        self.model.add(turn.user_message.id, parent, is_user=True)
        self.model.add(turn.reply.id, turn.user_message.id, is_user=False)
        return turn.conversation

    def replied(self, turn: StartedTurn, question: UUID) -> None:
        end(turn.run)
        assert turn.reply.id not in self.ever
        self.model.add(turn.reply.id, question, is_user=False)

    def pick(self, number: int, *, is_user: bool | None = None) -> UUID | None:
        fitting = [
            node for node in self.model.parent
            if is_user in {None, self.model.is_user[node]} and node not in self.model.empty
        ]  # fmt: skip
        return fitting[number % len(fitting)] if fitting else None

    def send(self, parent: UUID | None) -> None:
        turn = turns.start_turn(user=self.user, conversation_id=self.chat.id, draft=draft(parent_id=parent))
        self.started(turn, parent)

    def do(self, operation: str, number: int) -> None:
        """Do one thing, to the conversation and to the model. What has no message to act on does nothing."""
        path = self.model.path()
        reply, question, any_one = (self.pick(number, is_user=is_user) for is_user in (False, True, None))
        if operation == "send" and path:
            self.send(path[-1] if not self.model.is_user[path[-1]] else None)
        elif operation == "root":
            self.send(None)
        elif operation == "send at" and reply:
            self.send(reply)
        elif operation in {"regenerate", "go on"} and reply and self.model.parent[reply] in self.model.empty:
            with pytest.raises(TurnRefused):
                turns.regenerate(user=self.user, message_id=reply)
        elif operation == "regenerate" and reply:
            self.replied(turns.regenerate(user=self.user, message_id=reply), self.model.parent[reply] or reply)
        elif operation == "rerun" and question:
            turn = editing.rerun(user=self.user, message_id=question, text="Again?")
            self.started(turn, self.model.parent[question])
        elif operation == "go on" and reply:
            turn = editing.rerun_reply(user=self.user, message_id=reply, index=0, text="Well")
            self.replied(turn, self.model.parent[reply] or reply)
        elif any_one:
            self.rearrange(operation, any_one, number)

    def rearrange(self, operation: str, message: UUID, number: int) -> None:
        if operation == "choose":
            tree.choose(user=self.user, message_id=message)
            self.model.chosen[self.model.parent[message]] = message
        elif operation == "show":
            tree.show(user=self.user, message_id=message)
            self.model.show(message)
        elif operation == "delete":
            editing.delete(user=self.user, message_id=message)
            self.model.delete(message)
        elif operation == "delete branch":
            editing.delete_branch(user=self.user, message_id=message)
            self.model.delete_branch(message)
        elif operation == "fork":
            self.fork(message, OPTIONS[number % len(OPTIONS)], split=number % 2 == 0)
        elif operation == "duplicate":
            made = forking.duplicate(user=self.user, conversation_id=self.chat.id)
            self.check_copy(made, self.model, set(self.model.parent), self.model.path())

    def fork(self, target: UUID, option: Option, *, split: bool) -> None:
        model = self.model.split(target) if split else self.model
        below = [node for node in model.parent if target in self.model.up(node)]
        last = below[-1] if split else target
        made = forking.fork(
            user=self.user, conversation_id=self.chat.id, message_id=target, option=option, split=split,
            latest_message_id=last,
        )  # fmt: skip
        self.check_copy(made, model, model.taken(last, option), model.up(last))

    def check_copy(self, made: Conversation, model: Model, taken: set[UUID], path: list[UUID]) -> None:
        """The copy has exactly these messages, in this shape, and this branch is on view."""
        source = Message.objects.in_bulk(list(self.model.parent))
        copies = {row.id: row for row in Message.objects.filter(conversation=made)}
        assert not set(copies) & self.ever
        assert not set(copies) & set(source)
        self.ever |= set(copies)
        lineages = sorted(self.lineage(source, model.parent, node) for node in taken)
        above = {node: row.parent_id for node, row in copies.items()}
        assert sorted(self.lineage(copies, above, node) for node in copies) == lineages
        shown = [copies[node] for node in tree.path_ids(made.id)]
        assert [row.text for row in shown] == [source[node].text for node in path]
        in_order(copies)

    @staticmethod
    def lineage(rows: dict[UUID, Message], parent: dict[UUID, UUID | None], message: UUID) -> list[str]:
        texts: list[str] = []
        at: UUID | None = message
        while at is not None:
            texts.append(rows[at].text)
            at = parent[at]
        return texts

    def check(self) -> None:
        rows = {row.id: row for row in Message.objects.filter(conversation=self.chat)}
        assert {node: row.parent_id for node, row in rows.items()} == self.model.parent  # none lost, no orphan
        path = tree.path_ids(self.chat.id)
        assert path == self.model.path()
        assert [
            node.id for node in tree_map(Conversation.objects.get(id=self.chat.id)).nodes if node.is_on_view
        ] == path
        assert all(row.is_user for row in rows.values() if row.parent_id is None)
        in_order(rows)
        empty = {node for node, row in rows.items() if row.state == Message.State.DELETED}
        assert empty == self.model.empty
        assert not any(rows[node].text or rows[node].parts for node in empty)
        self.ever |= set(rows)


def in_order(rows: dict[UUID, Message]) -> None:
    for row in rows.values():
        if row.parent_id:
            assert row.created_at > rows[row.parent_id].created_at


@slowly
@given(steps=operations)
def test_any_sequence_of_operations_leaves_a_tree_with_one_branch_on_view(
    owner: User, steps: list[tuple[str, int]]
) -> None:
    run = Run(owner)
    for number, (operation, choice) in enumerate(steps):
        run.do(operation, choice)
        fresh = set(run.model.parent) - run.ever - run.model.empty
        for message in Message.objects.filter(conversation=run.chat, id__in=fresh):
            Message.objects.filter(id=message.id).update(text=f"{number} {message.author}")
        run.check()


@slowly
@given(links=st.lists(st.integers(0, 11), min_size=12, max_size=12), root=st.integers(0, 11))
def test_circles_in_stored_data_never_hang_anything(
    owner: User, make_branch: Branch, links: list[int], root: int
) -> None:
    chat = make_branch(owner, 12)
    ids = list(Message.objects.filter(conversation=chat).order_by("created_at").values_list("id", flat=True))
    for number, link in enumerate(links):
        other = ids[link] if link != number else None
        fields = (
            {"chosen_child": other} if other is None or number % 2 == 0 else {"parent": other, "chosen_child": other}
        )
        Message.objects.filter(id=ids[number]).update(**{f"{name}_id": target for name, target in fields.items()})
    Conversation.objects.filter(id=chat.id).update(chosen_root=ids[root])
    chat.refresh_from_db()
    path = tree.path_ids(chat.id)
    assert len(path) == len(set(path)) <= 12
    tree.window_of_messages(conversation=chat)
    tree.show(user=owner, message_id=ids[5])
    tree_map(chat)
    forking.duplicate(user=owner, conversation_id=chat.id)
    for option in OPTIONS:
        forking.fork(user=owner, conversation_id=chat.id, message_id=ids[0], option=option)


def test_regenerating_moves_no_choice_elsewhere(owner: User, make_branch: Branch) -> None:
    chat = make_branch(owner, 4)
    rows = list(Message.objects.filter(conversation=chat).order_by("created_at"))
    later = rows[3].created_at + timedelta(seconds=1)
    Message.objects.create(conversation=chat, parent=rows[0], author="assistant", text="M1b", created_at=later)
    tree.show(user=owner, message_id=rows[3].id)
    made = turns.regenerate(user=owner, message_id=rows[3].id)
    assert tree.path_ids(chat.id) == [rows[0].id, rows[1].id, rows[2].id, made.reply.id]
