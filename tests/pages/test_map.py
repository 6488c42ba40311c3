"""The map of a chat, for who cannot see it: every mark says whose message it is and how it begins."""

from collections.abc import Callable

from accounts.models import User
from chat.models import Conversation
from tests.cast import signed_in


def test_every_mark_of_the_map_has_a_name(owner: User, make_chat: Callable[..., Conversation]) -> None:
    html = signed_in(owner).get(f"/c/{make_chat(owner).id}/map").content.decode()
    assert 'aria-label="You: Question 0"' in html
    assert 'aria-label="Reply: Answer 0"' in html
