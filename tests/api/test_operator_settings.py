"""Settings under LibreChat's names: what they do here, and that a start says what they do not."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from accounts.services.checks import check_addresses
from chat.models import Conversation, Message
from chat.services.turns import titles
from deploy.embedded.plan import make_plan
from runs.persistence import caller_of_job
from siteconfig.configuration import load_config

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("address", "names"),
    [("https://chat.example.org", []), ("https://chat.example.org/", []),
     ("https://example.org/chat", ["DOMAIN_CLIENT"]), ("http://localhost:3080/a/b", ["DOMAIN_CLIENT"])],
)  # fmt: skip
def test_a_path_under_which_nothing_is_served_is_told_at_the_start(
    settings: Settings, address: str, names: list[str]
) -> None:
    settings.DOMAIN_CLIENT = address
    assert [warning.msg.split()[0] for warning in check_addresses()] == names


@pytest.mark.parametrize(("value", "on"), [("true", False), ("false", True), (None, True)])
def test_compression_can_be_switched_off(value: str | None, on: bool) -> None:
    environment = {name: text for name, text in os.environ.items() if name != "DISABLE_COMPRESSION"}
    environment |= {"DISABLE_COMPRESSION": value} if value else {}
    code = "from config import settings; print('django.middleware.gzip.GZipMiddleware' in settings.MIDDLEWARE)"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == str(on)


def test_port_0_is_whichever_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is in the environment before the settings are loaded: addresses of the site have it, too."""
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.setenv(name, os.environ[name])
    monkeypatch.setenv("PORT", "0")
    make_plan(tmp_path)
    assert 1024 <= int(os.environ["PORT"]) < 65_536
    monkeypatch.setenv("PORT", "3081")
    make_plan(tmp_path)
    assert os.environ["PORT"] == "3081"


@pytest.mark.parametrize(
    ("named", "is_reported"),
    [("Nowhere", True), ("openai", True), ("agents", True), ("custom", True), ("openAI", False), ("Other", False),
     ("Somewhere", False), ("", False)],
)  # fmt: skip
@pytest.mark.parametrize("at", ["custom", "openAI", "all"])
def test_titles_from_an_endpoint_that_is_none_are_told(tmp_path: Path, named: str, is_reported: bool, at: str) -> None:
    file = tmp_path / "librechat.yaml"
    line = f"titleEndpoint: {named!r}"
    custom = "\n".join(
        f"    - {{name: {name}, apiKey: k, baseURL: 'http://127.0.0.1:9/v1', models: {{default: [m]}}"
        + (f", {line}" if at == "custom" and name == "Somewhere" else "")
        + "}"
        for name in ("Somewhere", "Other")
    )
    above = "" if at == "custom" else f"  {at}:\n    {line}\n"
    file.write_text(f"version: 1.3.5\nendpoints:\n{above}  custom:\n{custom}\n")
    places = [notice.path for notice in load_config(file).notices]
    expected = "endpoints.custom[0].titleEndpoint" if at == "custom" else f"endpoints.{at}.titleEndpoint"
    assert (expected in places) is is_reported, places


@pytest.mark.django_db
@pytest.mark.usefixtures("somewhere")
def test_headers_name_the_zero_id_before_the_first_message(owner: User, make_conversation: Any, make_turn: Any) -> None:
    zero = "00000000-0000-0000-0000-000000000000"
    chat: Conversation = make_conversation(owner)
    run = make_turn(chat)
    question: Message = run.message.parent

    class Job:
        message_id, owner_id, conversation_id = run.message_id, owner.id, chat.id

    body = caller_of_job(Job()).body  # type: ignore[arg-type]
    assert body == {"CONVERSATIONID": str(chat.id), "MESSAGEID": str(question.id), "PARENTMESSAGEID": zero}
    later = make_turn(chat, parent=run.message)
    Job.message_id = later.message_id
    assert caller_of_job(Job()).body["PARENTMESSAGEID"] == str(run.message_id)  # type: ignore[arg-type]


@pytest.mark.django_db
def test_titles_name_the_message_they_are_about(
    owner: User, make_conversation: Any, make_turn: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(titles, "uses_caller_placeholders", lambda endpoint: True)
    chat: Conversation = make_conversation(owner)
    question: Message = make_turn(chat).message.parent
    body = titles._caller(chat, object(), question).body  # type: ignore[arg-type]
    assert body["MESSAGEID"] == str(question.id)
    assert body["PARENTMESSAGEID"] == "00000000-0000-0000-0000-000000000000"
