"""Copies are told apart by their titles."""

import pytest

from accounts.models import User
from chat.models import Conversation
from chat.services.organise.conversations import TITLE_LIMIT
from chat.services.tree.forking import title_of_copy

pytestmark = pytest.mark.django_db


def titled(owner: User, title: str) -> Conversation:
    return Conversation.objects.create(owner=owner, title=title, endpoint="Somewhere", model="tiny")


@pytest.mark.parametrize(
    ("titles", "made"),
    [
        (["Cats"], "Fork of Cats"),
        (["Cats", "Fork of Cats"], "Fork of Cats (2)"),
        (["Fork of Cats (2)", "Fork of Cats"], "Fork of Cats (3)"),
        (["Fork of Cats"], "Fork of Cats (2)"),
        (["x" * TITLE_LIMIT], f"Fork of {'x' * TITLE_LIMIT}"[: TITLE_LIMIT - 8]),
    ],
)
def test_a_copy_is_marked_once_and_counted(owner: User, titles: list[str], made: str) -> None:
    original, *_others = [titled(owner, title) for title in titles]
    assert title_of_copy(original, "Fork of %(title)s") == made
