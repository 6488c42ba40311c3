"""The layout of the map of a conversation's tree: the position of each node, and the lines between nodes.

Tidy in the sense of Reingold and Tilford: a node is centred above its children, and neighbouring subtrees are as close
as their outlines allow. It is iterative, and linear in the number of messages.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models.functions import Left
from django.utils.translation import gettext as _

from chat.models import Conversation, Message
from chat.services.search.previews import bare_words
from chat.services.tree.forking import Node, Tree

STEP = 44  # pixels from one place to the next, wide enough for a finger
MAX_NODES = 60  # beyond this many messages, those without a choice are drawn as one
PREVIEW = 160  # characters


@dataclass(slots=True)
class MapNode:
    """One mark of the drawing: a message, or `hidden` messages in a row that offer no choice."""

    id: UUID
    parent_id: UUID | None
    is_user: bool
    preview: str
    is_on_view: bool
    hidden: int = 0
    x: int = 0
    y: int = 0


@dataclass(frozen=True, slots=True)
class MapLine:
    path: str  # of an SVG
    is_on_view: bool


@dataclass(frozen=True, slots=True)
class TreeMap:
    nodes: list[MapNode]  # a message before those below it
    lines: list[MapLine]  # those on view last, so that they lie on top
    width: int
    height: int
    leaf_id: UUID | None  # where the branch on view ends
    messages: int
    branches: int


@dataclass(slots=True)
class _Outline:
    """The left and right edge of a subtree, deepest row first, each with an offset still to be added."""

    left: list[float] = field(default_factory=list)
    right: list[float] = field(default_factory=list)
    left_offset: float = 0
    right_offset: float = 0


def tree_map(conversation: Conversation) -> TreeMap:
    """Return the drawing. One query."""
    rows = Message.objects.filter(conversation=conversation).annotate(start=Left("text", PREVIEW))
    nodes: list[Node] = []
    previews: dict[UUID, str] = {}
    for message_id, parent, author, created, chosen, start, state in rows.values_list(
        "id", "parent_id", "author", "created_at", "chosen_child_id", "start", "state"
    ):
        nodes.append(Node(message_id, parent, author == Message.Author.USER, created, chosen))
        gone = state == Message.State.DELETED
        previews[message_id] = _("This message was deleted.") if gone else bare_words(start)
    tree = Tree(nodes)
    on_view = _path_on_view(tree, conversation.chosen_root_id)
    map_nodes = _map_nodes(tree, previews, set(on_view))
    width, height = _place(map_nodes)
    return TreeMap(
        nodes=map_nodes,
        lines=_lines(map_nodes),
        width=width,
        height=height,
        leaf_id=on_view[-1] if on_view else None,
        messages=len(tree.nodes),
        branches=sum(1 for message_id in tree.nodes if not tree.children.get(message_id)),
    )


def _path_on_view(tree: Tree, chosen_root: UUID | None) -> list[UUID]:
    path: list[UUID] = []
    wanted, level = chosen_root, tree.levels[0] if tree.levels else []
    while level:
        node = next((child for child in level if child.id == wanted), level[-1])
        path.append(node.id)
        wanted, level = node.chosen_child_id, tree.children.get(node.id, [])
    return path


def _depth_first(tree: Tree) -> Iterator[Node]:
    waiting = list(reversed(tree.levels[0])) if tree.levels else []
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(tree.children.get(node.id, [])))


def _map_nodes(tree: Tree, previews: dict[UUID, str], on_view: set[UUID]) -> list[MapNode]:
    """Return the marks. Of many messages, those with one message above and one below that offer no choice join."""
    many = len(tree.nodes) > MAX_NODES

    def is_plain(node: Node) -> bool:
        above = tree.parent_of[node.id]
        return above is not None and len(tree.children[above]) == 1 and len(tree.children.get(node.id, [])) == 1

    map_nodes: list[MapNode] = []
    stands_in: dict[UUID, MapNode] = {}  # the mark in which a message is drawn
    for node in _depth_first(tree):
        above = stands_in.get(node.parent_id) if node.parent_id else None
        plain = many and is_plain(node)
        if plain and above is not None and above.hidden:
            above.hidden += 1
            stands_in[node.id] = above
            continue
        map_node = MapNode(
            id=node.id,
            parent_id=above.id if above else None,
            is_user=node.is_user,
            preview=previews[node.id],
            is_on_view=node.id in on_view,
            hidden=int(plain),
        )
        map_nodes.append(map_node)
        stands_in[node.id] = map_node
    for map_node in map_nodes:
        map_node.hidden = map_node.hidden if map_node.hidden > 1 else 0  # one alone is drawn as itself
    return map_nodes


def _place(map_nodes: list[MapNode]) -> tuple[int, int]:
    """Give every mark its place; return the size of the drawing."""
    below: dict[UUID | None, list[MapNode]] = {}
    for map_node in map_nodes:
        below.setdefault(map_node.parent_id, []).append(map_node)
    shift: dict[UUID, float] = {}  # from the mark above
    outlines: dict[UUID, _Outline] = {}
    for map_node in reversed(map_nodes):
        outlines[map_node.id] = _above(_beside(below.get(map_node.id, []), outlines, shift))
    _beside(below.get(None, []), outlines, shift)
    across: dict[UUID | None, float] = {None: 0}
    down: dict[UUID | None, int] = {None: -1}
    for map_node in map_nodes:
        across[map_node.id] = across[map_node.parent_id] + shift[map_node.id]
        down[map_node.id] = down[map_node.parent_id] + 1
    least = min((across[map_node.id] for map_node in map_nodes), default=0)
    for map_node in map_nodes:
        map_node.x = round((across[map_node.id] - least + 0.5) * STEP)
        map_node.y = round((down[map_node.id] + 0.5) * STEP)
    most = (
        max((map_node.x for map_node in map_nodes), default=0),
        max((map_node.y for map_node in map_nodes), default=0),
    )
    return most[0] + STEP // 2, most[1] + STEP // 2


def _beside(map_nodes: list[MapNode], outlines: dict[UUID, _Outline], shift: dict[UUID, float]) -> _Outline:
    """Put subtrees beside each other, centred; return their common outline. What is shorter is what is walked."""
    together = _Outline()
    for map_node in map_nodes:
        added = outlines.pop(map_node.id)
        rows = min(len(together.right), len(added.left))
        gaps = (
            together.right[-row] + together.right_offset - added.left[-row] - added.left_offset
            for row in range(1, rows + 1)
        )
        by = max(gaps, default=-1) + 1
        shift[map_node.id] = by
        added.left_offset += by
        added.right_offset += by
        if len(added.left) > len(together.left):
            _overwrite(added.left, added.left_offset, together.left, together.left_offset)
            together = _Outline(added.left, added.right, added.left_offset, added.right_offset)
        else:
            _overwrite(together.right, together.right_offset, added.right, added.right_offset)
    middle = (shift[map_nodes[0].id] + shift[map_nodes[-1].id]) / 2 if map_nodes else 0
    for map_node in map_nodes:
        shift[map_node.id] -= middle
    together.left_offset -= middle
    together.right_offset -= middle
    return together


def _overwrite(edge: list[float], offset: float, nearer: list[float], nearer_offset: float) -> None:
    """Let the topmost rows of `edge` be those of `nearer`, which is no longer."""
    if nearer:
        edge[-len(nearer) :] = [x + nearer_offset - offset for x in nearer]


def _above(outline: _Outline) -> _Outline:
    """Add the row of the mark itself, which stands at 0."""
    outline.left.append(-outline.left_offset)
    outline.right.append(-outline.right_offset)
    return outline


def _lines(map_nodes: list[MapNode]) -> list[MapLine]:
    by_id = {map_node.id: map_node for map_node in map_nodes}
    lines = []
    for map_node in map_nodes:
        if map_node.parent_id is None:
            continue
        above = by_id[map_node.parent_id]
        half = (above.y + map_node.y) // 2
        path = f"M{above.x} {above.y}C{above.x} {half} {map_node.x} {half} {map_node.x} {map_node.y}"
        lines.append(MapLine(path, above.is_on_view and map_node.is_on_view))
    return sorted(lines, key=lambda line: line.is_on_view)
