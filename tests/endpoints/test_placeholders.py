"""Placeholders in headers."""

import base64

import pytest

from accounts.models import User
from endpoints.providers.base import Caller, ModelRequest, PromptMessage
from endpoints.services.callers import caller_of
from endpoints.services.model_calls import complete
from endpoints.services.placeholders import (
    BODY_FIELDS,
    OPENID_FIELDS,
    USER_FIELDS,
    render_headers,
    uses_caller_placeholders,
)
from siteconfig.interpolate import interpolate
from tests.endpoint_maker import make_endpoint
from tests.model_server.fixtures import ModelServer

CALLER = Caller(
    user={"ID": "u1", "EMAIL": "a@b.example.org", "NAME": "{{LIBRECHAT_USER_EMAIL}} ${HOME}"},
    body={"CONVERSATIONID": "c1"},
    openid={"USER_ID": "subject"},
)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("{{LIBRECHAT_USER_ID}}/{{LIBRECHAT_BODY_CONVERSATIONID}}", "u1/c1"),
        ("{{LIBRECHAT_OPENID_USER_ID}}", "subject"),
        ("{{LIBRECHAT_USER_GITHUBID}}", ""),
        ("{{LIBRECHAT_OPENID_ACCESS_TOKEN}}", ""),
        ("{{LIBRECHAT_USER_PASSWORD}}", "{{LIBRECHAT_USER_PASSWORD}}"),
        ("{{LIBRECHAT_BODY_TEXT}}", "{{LIBRECHAT_BODY_TEXT}}"),
        ("{{LIBRECHAT_GRAPH_ACCESS_TOKEN}}", "{{LIBRECHAT_GRAPH_ACCESS_TOKEN}}"),
        ("{{SERVER_ENV}} {{user.token}} ${SECRET_KEY}", "{{SERVER_ENV}} {{user.token}} ${SECRET_KEY}"),
        ("{{librechat_user_id}}{{ LIBRECHAT_USER_ID }}", "{{librechat_user_id}}{{ LIBRECHAT_USER_ID }}"),
        ("plain é", "plain é"),
    ],
)
def test_only_the_documented_names_are_filled(written: str, sent: str) -> None:
    assert render_headers({"X": written}, CALLER) == {"X": sent}


@pytest.mark.security
def test_case_46_a_value_is_sent_literally_and_never_filled_again() -> None:
    assert render_headers({"X": "{{LIBRECHAT_USER_NAME}}"}, CALLER) == {"X": "{{LIBRECHAT_USER_EMAIL}} ${HOME}"}
    split = Caller(user={"NAME": "{{LIBRECHAT_USER_", "ID": "EMAIL}}"})
    assert render_headers({"X": "{{LIBRECHAT_USER_NAME}}{{LIBRECHAT_USER_ID}}"}, split) == {
        "X": "{{LIBRECHAT_USER_EMAIL}}"
    }


@pytest.mark.security
def test_a_value_cannot_begin_a_line_of_its_own() -> None:
    caller = Caller(user={"NAME": "a\r\nX-Admin: yes\x00"})
    assert render_headers({"X": "{{LIBRECHAT_USER_NAME}}"}, caller) == {"X": "aX-Admin: yes"}


def test_what_is_beyond_latin_1_is_sent_in_base64() -> None:
    caller = Caller(user={"NAME": "Łukasz 猫"})
    sent = render_headers({"X": "me: {{LIBRECHAT_USER_NAME}}"}, caller)["X"]
    assert sent.startswith("b64:")
    assert base64.b64decode(sent[4:]).decode() == "me: Łukasz 猫"


@pytest.mark.security
def test_a_variable_cannot_bring_a_placeholder_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTER", "{{LIBRECHAT_USER_EMAIL}}")
    assert interpolate({"X": "${OUTER}"}) == {"X": "${OUTER}"}


@pytest.mark.django_db
def test_a_person_gives_every_known_value_and_no_other(owner: User) -> None:
    caller = caller_of(owner, conversation_id="c", message_id="m", parent_id="p")
    assert set(caller.user) <= USER_FIELDS
    assert set(caller.body) == BODY_FIELDS
    assert set(caller.openid) <= OPENID_FIELDS
    assert (caller.user["ID"], caller.user["EMAIL"]) == (str(owner.id), owner.email)
    assert (caller.user["EMAILVERIFIED"], caller.user["TWOFACTORENABLED"]) == ("true", "false")
    assert owner.email not in repr(caller)


@pytest.mark.wire
async def test_the_provider_hears_who_asks(model_server: ModelServer) -> None:
    endpoint = make_endpoint(
        "E", "E", "openai", base_url=model_server.url, api_key="k", written_by_operator=True,
        headers={"X-User": "{{LIBRECHAT_USER_ID}}", "X-Chat": "{{LIBRECHAT_BODY_CONVERSATIONID}}"},
    )  # fmt: skip
    assert uses_caller_placeholders(endpoint)
    assert not uses_caller_placeholders(make_endpoint("P", "P", "openai", headers={"X": "plain"}))
    request = ModelRequest(endpoint, "m", [PromptMessage.of("user", "hi")], stream=False, caller=CALLER)
    await complete(request)
    (seen,) = model_server.requests()
    assert (seen["headers"]["X-User"], seen["headers"]["X-Chat"]) == ("u1", "c1")
