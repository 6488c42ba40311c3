import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from chat.models import Conversation, Message, SearchEntry
from chat.services.tree.tree import path_ids


def line(title: str, *contents: str, created: int = 1_700_000_000) -> str:
    messages = [{"role": "assistant" if index % 2 else "user", "content": text} for index, text in enumerate(contents)]
    return json.dumps({"title": title, "created": created, "messages": messages})


def test_every_line_becomes_a_conversation_with_its_branch(owner: User, tmp_path: Path) -> None:
    file = tmp_path / "chats.jsonl"
    file.write_text("\n".join([line("First", "Hello", "Hi", "Bye"), "", line("Ünï", "Zweite", created=1_700_000_900)]))
    call_command("load_conversations", str(file), user=owner.email.upper())
    second, first = Conversation.objects.visible_to(owner).order_by("-updated_at")
    assert (first.title, second.title) == ("First", "Ünï")
    assert first.created_at.timestamp() == 1_700_000_000
    texts = Message.objects.in_bulk(path_ids(first.id))
    assert [texts[message_id].text for message_id in path_ids(first.id)] == ["Hello", "Hi", "Bye"]
    assert SearchEntry.objects.filter(conversation_id=first.id, vector="bye").count() == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "Line 2: the line: Invalid JSON"),
        ('{"title": "x", "created": "y", "messages": []}', "Line 2: created"),
        (
            line("x").replace('"messages": []', '"messages": [{"role": "assistant", "content": "x"}]'),
            "Line 2: messages.0.role",
        ),
        (json.dumps({"title": "x", "created": 1, "messages": [{"role": "user", "content": "a\x00"}]}), "NUL"),
        ('{"title": "x", "created": 1, "messages": [], "owner": "me"}', "Line 2: owner"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_loaded(owner: User, tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "chats.jsonl"
    file.write_text(line("Good", "Hello") + "\n" + text + "\n")
    with pytest.raises(CommandError, match=reason):
        call_command("load_conversations", str(file), user=owner.email)
    assert not Conversation.objects.exists()


def test_an_unknown_person_is_named(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"No user has the email address a@example\.org"):
        call_command("load_conversations", str(tmp_path / "none"), user="a@example.org")
