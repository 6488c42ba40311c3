"""One person's belongings."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core import serializers

from accounts.models import RefreshSession, User
from billing.models import Balance, Hold, LedgerEntry
from chat.models import Conversation, Generation, Message
from tests.api.conftest import make_conversation, make_turn, somewhere, stream_threads

__all__ = ["make_conversation", "make_turn", "somewhere", "stream_threads"]
TABLES = (User, RefreshSession, Conversation, Message, Generation, Balance, Hold, LedgerEntry)


@pytest.fixture
def belongings(
    owner: User, make_conversation: Callable[..., Conversation], make_turn: Callable[..., Generation]
) -> dict[str, Any]:
    """What `owner` has: the values for the ids in addresses and bodies."""
    conversation = make_conversation(owner, title="MARKER-TITLE")
    done = make_turn(conversation, text="MARKER-QUESTION", reply="MARKER-REPLY")
    run = make_turn(conversation, state="running", reply="MARKER-PARTIAL", parent=done.message)
    return {"conversation": conversation, "reply": done.message, "question": done.message.parent, "run": run}


def everything() -> str:
    """Return all rows that matter, as text, to compare before and after."""
    return "\n".join(serializers.serialize("json", table.objects.order_by("pk")) for table in TABLES)
