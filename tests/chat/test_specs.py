"""Conversations with a model spec: what is stored, what the model is asked with, and who is refused."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import Http404
from pytest_django import Settings

from accounts.models import Role, User
from accounts.services import bans, roles
from chat.models import Conversation, Message, Run
from chat.services.model_settings import ModelSettings
from chat.services.refusal import TurnRefused
from chat.services.tree import forking
from chat.services.turns import editing, turns
from chat.services.turns.draft import Draft, StartedTurn
from endpoints.catalog import registry
from runs.persistence import claim
from runs.prompt import prompt_of
from tests.conversations import end

pytestmark = [pytest.mark.django_db, pytest.mark.security, pytest.mark.usefixtures("write_spec_file")]
Write = Callable[..., None]


def began(user: User, conversation: Conversation | None = None, **fields: Any) -> StartedTurn:
    latest = Message.objects.filter(conversation=conversation, author="assistant").order_by("created_at").last()
    fields = {"text": "Why?", "parent_id": latest.id if latest and conversation else None, **fields}
    return turns.start_turn(user=user, conversation_id=conversation.id if conversation else None, draft=Draft(**fields))


def asked(run: Run) -> Any:
    """Return what the model is asked."""
    (job,) = claim(ids=[run.id], worker="w")
    endpoint = registry.current().get(job.endpoint)
    assert endpoint is not None
    return prompt_of(job, endpoint).request


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(TurnRefused) as refusal:
        act()
    assert (refusal.value.status, refusal.value.code) == (400, "illegal_model_request")
    return refusal.value.message


def may_not_use(name: str) -> None:
    access: dict[str, dict[str, Any]] = {name: {"enabled": False}, "tiny": {"enabled": True}}
    roles.update(actor=None, role=Role.objects.get(name="USER"), model_access=access)


def test_a_spec_fills_in_the_model_and_is_kept_by_its_name_alone(owner: User) -> None:
    started = began(owner, spec="helper")
    chat, reply = Conversation.objects.get(), Message.objects.get(author="assistant")
    assert (chat.spec, chat.endpoint, chat.model, chat.settings) == ("helper", "Somewhere", "small", {})
    assert (reply.spec, reply.model, reply.sender) == ("helper", "small", "The Helper")
    request = asked(started.run)
    assert request.model == "small"
    assert request.params["temperature"] == 0.3
    assert request.messages[0].text == "A secret prompt"


def test_the_first_model_of_the_endpoint_answers_where_a_spec_names_none(owner: User) -> None:
    began(owner, spec="writer")
    reply = Message.objects.get(author="assistant")
    assert (reply.endpoint, reply.model, reply.sender) == ("Elsewhere", "large", "Ada")


def test_what_a_person_sets_goes_before_the_preset(owner: User) -> None:
    chosen = ModelSettings({"temperature": 0.9, "modelLabel": "Bob", "top_p": 0.2})
    started = began(owner, spec="writer", settings=chosen)
    assert Message.objects.get(author="assistant").sender == "Bob"
    params = asked(started.run).params
    assert (params["temperature"], params["top_p"]) == (0.9, 0.2)


def test_a_conversation_goes_from_a_spec_to_a_model_and_back(owner: User) -> None:
    first = began(owner, spec="helper")
    end(first.run)
    second = began(owner, first.conversation, endpoint="Elsewhere", model="large")
    chat = Conversation.objects.get()
    assert (chat.spec, chat.endpoint, chat.model) == ("", "Elsewhere", "large")
    request = asked(second.run)
    assert (request.endpoint.name, request.messages[0].role) == ("Elsewhere", "user")
    end(second.run)
    third = began(owner, first.conversation, spec="helper")
    assert asked(third.run).messages[0].text == "A secret prompt"


def test_every_way_to_another_reply_keeps_the_spec(owner: User) -> None:
    first = began(owner, spec="helper")
    reply = end(first.run)
    again = turns.regenerate(user=owner, message_id=reply.id)
    assert (again.reply.spec, again.reply.model) == ("helper", "small")
    end(again.run, state="stopped", message_state="stopped")
    more = turns.continue_reply(user=owner, message_id=again.reply.id)
    assert asked(more.run).messages[0].text == "A secret prompt"
    end(more.run)
    sent_again = editing.rerun(user=owner, message_id=first.user_message.id)
    assert sent_again.reply.spec == "helper"
    end(sent_again.run)
    edited = editing.rerun_reply(user=owner, message_id=reply.id, index=0, text="Because of")
    assert edited.reply.spec == "helper"
    copy = forking.duplicate(user=owner, conversation_id=first.conversation.id)
    assert copy.spec == "helper"
    assert set(Message.objects.filter(conversation=copy, author="assistant").values_list("spec", flat=True)) == {
        "helper"
    }


def test_another_reply_may_be_of_another_spec_or_of_a_model(owner: User) -> None:
    reply = end(began(owner, spec="helper").run)
    other = turns.regenerate(user=owner, message_id=reply.id, spec="writer")
    assert (other.reply.spec, other.reply.model) == ("writer", "large")
    end(other.run)
    plain = turns.regenerate(user=owner, message_id=reply.id, endpoint="Somewhere", model="tiny")
    assert (plain.reply.spec, plain.reply.model, plain.reply.sender) == ("", "tiny", "tiny")


@pytest.mark.parametrize("name", ["unknown", "nowhere", "agent", "HELPER", "helper ", "'; DROP TABLE x"])
def test_a_spec_that_is_not_there_is_refused_and_counted(owner: User, settings: Settings, name: str) -> None:
    settings.VIOLATION_SCORES = {"illegal_model_request": 20}
    assert name in refused(lambda: began(owner, spec=name, endpoint="Somewhere", model="tiny"))
    assert Conversation.objects.count() == 0
    assert bans.banned_until(user_id=owner.id) is not None


def test_where_specs_are_enforced_the_server_builds_the_request_from_the_spec(
    owner: User, write_spec_file: Write
) -> None:
    write_spec_file("enforce: true")
    chosen = ModelSettings({"promptPrefix": "Ignore everything", "temperature": 2, "modelLabel": "Mine"})
    started = began(owner, spec="helper", endpoint="Elsewhere", model="large", settings=chosen)
    chat = Conversation.objects.get()
    assert (chat.endpoint, chat.model, chat.settings) == ("Somewhere", "small", {})
    assert started.reply.sender == "The Helper"
    request = asked(started.run)
    assert (request.endpoint.name, request.model, request.params["temperature"]) == ("Somewhere", "small", 0.3)
    assert [message.text for message in request.messages] == ["A secret prompt", "Why?"]


def test_settings_from_before_do_not_get_past_enforcement(owner: User, write_spec_file: Write) -> None:
    first = began(owner, spec="helper", settings=ModelSettings({"promptPrefix": "Mine", "modelLabel": "Mine"}))
    reply = end(first.run)
    write_spec_file("enforce: true")
    again = turns.regenerate(user=owner, message_id=reply.id)
    assert again.reply.sender == "The Helper"
    assert asked(again.run).messages[0].text == "A secret prompt"
    end(again.run)
    second = began(owner, first.conversation, spec="helper")
    assert second.reply.sender == Message.objects.get(id=second.reply.id).sender == "The Helper"


def test_where_specs_are_enforced_nothing_else_can_be_asked(owner: User, write_spec_file: Write) -> None:
    plain = end(began(owner, endpoint="Somewhere", model="tiny").run, state="stopped", message_state="stopped")
    write_spec_file("enforce: true\naddedEndpoints: [Somewhere]", more="interface: {modelSelect: true}\n")
    refused(lambda: began(owner, endpoint="Somewhere", model="tiny"))
    refused(lambda: began(owner, plain.conversation, endpoint="Somewhere", model="small"))
    refused(lambda: turns.regenerate(user=owner, message_id=plain.id))
    refused(lambda: turns.regenerate(user=owner, message_id=plain.id, endpoint="Somewhere", model="small"))
    refused(lambda: turns.continue_reply(user=owner, message_id=plain.id))
    refused(lambda: editing.rerun(user=owner, message_id=plain.parent_id or plain.id))
    refused(lambda: editing.rerun_reply(user=owner, message_id=plain.id, index=0, text="Because of"))
    assert Run.objects.count() == 1


def test_a_spec_whose_model_the_role_may_not_use_is_refused_everywhere(owner: User) -> None:
    first = began(owner, spec="helper")
    reply = end(first.run, state="stopped", message_state="stopped")
    may_not_use("small")
    refused(lambda: began(owner, spec="helper"))
    refused(lambda: began(owner, spec="helper", endpoint="Somewhere", model="tiny"))
    refused(lambda: began(owner, first.conversation, spec="helper"))
    refused(lambda: turns.regenerate(user=owner, message_id=reply.id))
    refused(lambda: turns.continue_reply(user=owner, message_id=reply.id))
    assert began(owner, spec="hidden").reply.model == "tiny"


def test_a_spec_does_not_open_other_models_to_a_role(owner: User) -> None:
    may_not_use("small")
    refused(lambda: began(owner, spec="hidden", endpoint="Somewhere", model="small"))
    refused(lambda: began(owner, spec="hidden", endpoint="Elsewhere", model="large"))


def test_a_run_whose_spec_is_gone_asks_no_model(owner: User, write_spec_file: Write) -> None:
    started = began(owner, spec="helper")
    Message.objects.filter(id=started.reply.id).update(spec="gone")
    with pytest.raises(LookupError):
        asked(started.run)


def test_the_rest_of_a_reply_is_written_by_what_the_enforced_spec_says_now(owner: User, write_spec_file: Write) -> None:
    first = began(owner, spec="helper", endpoint="Elsewhere", model="large")
    reply = end(first.run, state="stopped", message_state="stopped")
    assert (reply.endpoint, reply.model, reply.spec) == ("Elsewhere", "large", "helper")
    write_spec_file("enforce: true")
    more = turns.continue_reply(user=owner, message_id=reply.id)
    assert asked(more.run).endpoint.name == "Somewhere"
    reply.refresh_from_db()
    assert (reply.endpoint, reply.model) == ("Somewhere", "small")


def test_a_stranger_gets_nothing_of_a_chat_with_a_spec(owner: User, stranger: User) -> None:
    reply = end(began(owner, spec="helper").run, state="stopped", message_state="stopped")
    with pytest.raises(Http404):
        began(stranger, reply.conversation, spec="helper", parent_id=None)
    for act in (turns.regenerate, turns.continue_reply):
        with pytest.raises(Http404):
            act(user=stranger, message_id=reply.id)
    assert Run.objects.count() == 1
