"""The map of a chat, for who cannot see it: every mark says whose message it is and how it begins."""

from collections.abc import Callable

from django.test import Client

from accounts.models import User
from chat.models import Conversation


def test_every_mark_of_the_map_has_a_name(
    sign_in: Callable[[User], Client], owner: User, make_chat: Callable[..., Conversation]
) -> None:
    html = sign_in(owner).get(f"/c/{make_chat(owner).id}/map").content.decode()
    assert 'aria-label="You: Question 0"' in html
    assert 'aria-label="Reply: Answer 0"' in html
