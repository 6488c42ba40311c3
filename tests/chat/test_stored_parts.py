"""A message's parts in the database: whatever is stored survives being read and saved."""

import json
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from chat.models import Message
from messages.parts import Error, Reasoning, Text, parts_to_json
from tests.conversations import began
from tests.messages.test_part_json import ODD, STORED

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("somewhere")]

ROWS: list[Any] = [*(json.loads(stored) for stored, _ in STORED), *(row for _, row in ODD)]


def stored_text(message: Message) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT parts::text FROM chat_message WHERE id = %s", [message.id])
        return str(cursor.fetchone()[0])


def test_parts_are_saved_as_they_were_stored(owner: User) -> None:
    Message.objects.filter(id=began(owner).reply.id).update(parts=ROWS)
    reply = Message.objects.get(author="assistant")
    before = stored_text(reply)
    assert json.dumps(parts_to_json(reply.content)) == json.dumps(reply.parts)
    reply.set_content(reply.content)
    reply.save(update_fields=["parts"])
    assert stored_text(reply) == before


def test_the_text_of_a_message_is_that_of_its_parts() -> None:
    message = Message()
    message.set_content([Reasoning("Hm."), Text("So."), Error("cut_off"), Text("And.")])
    assert message.text == "So.\n\nAnd."
    assert message.parts[1] == {"text": "So.", "type": "text"}
    assert message.content[3] == Text("And.")
