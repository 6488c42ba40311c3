"""A message that is dear to draw costs its readers seconds at most, and others nothing (the security list's first)."""

from collections.abc import Callable

import pytest

from accounts.models import User
from chat.models import Conversation
from tests.cast import signed_in
from tests.chat_rendering.slow import Slow
from tests.pages.conftest import make_reply
from web.rendering import pool as pools

pytestmark = pytest.mark.security


def fenced(word: str, count: int) -> str:
    return "".join(f"```python\n{word} {number}\n```\n\n" for number in range(count))


def test_many_views_of_a_dear_message_are_plain_and_bounded(
    slow: Slow,
    owner: User,
    stranger: User,
    make_chat: Callable[..., Conversation],
) -> None:
    dear, cheap = make_chat(owner), make_chat(stranger)
    make_reply(dear.messages.get(author="assistant"), fenced("spin", 20))
    make_reply(cheap.messages.get(author="assistant"), fenced("fine", 1))
    client = signed_in(owner)
    for _ in range(8):
        assert client.get(f"/c/{dear.id}").content.decode().count("spin ") >= 20
    used = pools.ALLOWANCE - slow.allowances.left(str(owner.pk))
    assert 0 < used < pools.ALLOWANCE + 1  # the code itself never ends
    assert "<em>fine" in signed_in(stranger).get(f"/c/{cheap.id}").content.decode()
