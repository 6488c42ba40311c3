"""Opening chats: whole pages, fragments, earlier messages, what a stranger sees."""

import re
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from accounts.services.preferences import set_preferences
from chat.models import Conversation, Message, Run
from endpoints.catalog import registry
from siteconfig import live
from tests.cast import signed_in
from tests.endpoint_maker import make_endpoint
from tests.pages.conftest import FRAGMENT, make_reply, make_run

Chats = Callable[..., Conversation]


class Elements(HTMLParser):
    """Collects every start tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def messages(self) -> list[dict[str, str | None]]:
        return [article for article in self.all("article") if "data-message" in article]

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def test_front_door_leads_to_a_new_chat(client: Client) -> None:
    response = client.get("/")
    assert response.status_code == 302
    assert response["Location"] == "/c/new"


def test_anonymous_is_sent_to_the_login_page_and_back(client: Client, db: None) -> None:
    response = client.get("/c/new")
    assert response.status_code == 302
    assert response["Location"] == f"{reverse('account_login')}?next=/c/new"


def test_anonymous_fragment_request_moves_the_whole_page(client: Client, db: None) -> None:
    response = client.get("/c/new", headers=FRAGMENT)
    assert response.status_code == 401
    assert response["HX-Redirect"] == f"{reverse('account_login')}?next=%2Fc%2Fnew"


def test_new_chat_greets_by_name_and_offers_the_default_model(owner: User) -> None:
    html = signed_in(owner).get("/c/new").content.decode()
    assert ", Olivia" in html
    assert html.count('class="starter"') == 4
    fields = {field["name"]: field.get("value") for field in Elements(html).all("input") if field.get("name")}
    assert fields["endpoint"] == "Somewhere"
    assert fields["model"] == "tiny"
    assert fields["parent"] == ""


def test_new_chat_offers_the_model_used_last(owner: User, make_chat: Chats) -> None:
    chat = make_chat(owner)
    Conversation.objects.filter(id=chat.id).update(model="small")
    html = signed_in(owner).get("/c/new").content.decode()
    assert 'name="model" value="small"' in html


def test_model_links_choose_without_scripts(owner: User) -> None:
    html = signed_in(owner).get("/c/new?endpoint=Somewhere&model=small").content.decode()
    assert 'name="model" value="small"' in html


def test_conversation_shows_its_branch_and_points_at_its_last_message(owner: User, make_chat: Chats) -> None:
    chat = make_chat(owner, turns=2)
    html = signed_in(owner).get(f"/c/{chat.id}").content.decode()
    assert [f"Question {n}" in html and f"Answer {n}" in html for n in range(2)] == [True, True]
    last = Message.objects.get(text="Answer 1")
    assert f'name="parent" value="{last.id}"' in html
    assert "<title>Cats at night · Parley</title>" in html
    assert len(Elements(html).all("h1")) == 1


def test_fragment_is_the_main_part_alone(owner: User, make_chat: Chats) -> None:
    chat = make_chat(owner)
    html = signed_in(owner).get(f"/c/{chat.id}", headers=FRAGMENT).content.decode()
    assert html.startswith("<title>Cats at night")
    assert 'id="main"' in html
    assert 'id="sidebar"' not in html
    assert "<script" not in html


def test_going_back_in_history_gets_the_whole_page(owner: User, make_chat: Chats) -> None:
    chat = make_chat(owner)
    headers = {"HX-Request": "true", "HX-Request-Type": "full"}
    html = signed_in(owner).get(f"/c/{chat.id}", headers=headers).content.decode()
    assert "<!doctype html>" in html
    assert 'id="sidebar"' in html


@pytest.mark.parametrize("path", ["", "/messages", "/rename", "/delete"])
def test_stranger_gets_404(owner: User, stranger: User, make_chat: Chats, path: str) -> None:
    chat = make_chat(owner)
    response = signed_in(stranger).get(f"/c/{chat.id}{path}")
    assert response.status_code == 404
    assert "Cats at night" not in response.content.decode()


def test_running_reply_can_be_followed_and_stopped(owner: User, make_chat: Chats) -> None:
    chat = make_chat(owner)
    run = make_run(make_reply(Message.objects.get(text="Question 0"), ""))
    articles = Elements(signed_in(owner).get(f"/c/{chat.id}").content.decode()).messages()
    assert articles[-1]["data-run"] == str(run.id)
    assert articles[-1]["data-ticket"]
    assert articles[-1]["data-state"] == "streaming"


@pytest.mark.parametrize(("model", "text"), [("tiny", "Waiting for the model · {time}"), ("o3", "Thinking for {time}")])
def test_running_reply_says_for_how_long_it_has_been_waited(
    owner: User, make_chat: Chats, model: str, text: str
) -> None:
    """From the beginning of the run, whatever the time of the message."""
    chat = make_chat(owner)
    reply = make_reply(Message.objects.get(text="Question 0"), "")
    Message.objects.filter(id=reply.id).update(model=model, created_at=timezone.now() + timedelta(days=1))
    run = make_run(reply)
    Run.objects.filter(id=run.id).update(created_at=timezone.now() - timedelta(minutes=5))
    shown = Elements(signed_in(owner).get(f"/c/{chat.id}").content.decode()).all("p")
    (sign,) = [element for element in shown if element.get("class") == "wait"]
    assert (sign["data-words"], sign["role"]) == (text, "timer")
    assert 300 <= int(sign["data-waited"] or 0) < 360
    Run.objects.filter(id=run.id).update(created_at=timezone.now() + timedelta(minutes=5))  # another clock's
    assert 'data-waited="0"' in signed_in(owner).get(f"/c/{chat.id}").content.decode()


def test_failed_reply_says_what_to_do(owner: User, make_chat: Chats) -> None:
    chat = make_chat(owner)
    make_reply(
        Message.objects.get(text="Question 0"), "", state="failed", parts=[{"type": "error", "code": "rate_limit"}]
    )
    html = signed_in(owner).get(f"/c/{chat.id}").content.decode()
    assert "The provider is limiting requests" in html
    assert "Wait a minute and regenerate" in html


@pytest.mark.parametrize(
    ("fields", "label"),
    [
        ({"finish_reason": "length"}, "Cut off at the length limit"),
        ({"finish_reason": "content_filter"}, "Ended by the provider&#x27;s content filter"),
        ({"finish_reason": "budget"}, "Cut off because the credit ran out"),
        ({"finish_reason": "limit"}, "Cut off at the step limit"),
        ({"finish_reason": "stopped", "state": "stopped"}, "Stopped"),
        ({"finish_reason": "", "state": "interrupted"}, "Interrupted"),
        ({"finish_reason": "stop"}, ""),
        ({"finish_reason": "tool_calls"}, ""),
    ],
)
def test_what_ended_a_reply_is_said_beneath_it(
    owner: User, make_chat: Chats, fields: dict[str, str], label: str
) -> None:
    chat = make_chat(owner)
    make_reply(Message.objects.get(text="Question 0"), "Long ago a wolf", **fields)
    html = signed_in(owner).get(f"/c/{chat.id}").content.decode()
    assert re.findall(r'<span class="ended">([^<]*)</span><span class="acts">', html) == ([label] if label else [])


def test_every_kind_of_part_is_shown(owner: User, make_chat: Chats) -> None:
    chat = make_chat(owner)
    call = {"id": "1", "name": "lookup<b>", "args": '{"q": "<i>"}', "output": "<u>found</u>", "progress": 1}
    make_reply(
        Message.objects.get(text="Question 0"), "Done.",
        parts=[
            {"type": "think", "think": "Let me *see*"}, {"type": "tool_call", "tool_call": call},
            {"type": "attachment", "kind": "image", "data": {}},
            {"type": "agent_update", "agent_update": {"agentId": "a", "name": "b"}}, {"type": "text", "text": "Done."},
            {"type": "think", "think": "", "redacted": "AbC"}, {"type": "error", "code": "rate_limit"},
            {"type": "of a later release", "text": "?"},
        ],
    )  # fmt: skip
    html = signed_in(owner).get(f"/c/{chat.id}").content.decode()
    for index in range(8):
        assert f'data-part="{index}"' in html
    assert "Thoughts" in html
    assert "<em>see</em>" in html
    assert "lookup&lt;b&gt;" in html
    assert "&lt;u&gt;found&lt;/u&gt;" in html
    assert "File attached" in html
    assert "Another agent continues." in html


def test_long_conversation_opens_with_its_end_and_goes_back_by_screenfuls(owner: User, make_chat: Chats) -> None:
    chat = make_chat(owner, turns=20)
    client = signed_in(owner)
    page = Elements(client.get(f"/c/{chat.id}").content.decode())
    assert len(page.messages()) == 30
    earlier = next(link for link in page.all("a") if link.get("class") == "earlier")
    assert earlier["href"]
    rest = Elements(client.get(earlier["href"], headers=FRAGMENT).content.decode())
    assert len(rest.messages()) == 10
    assert not [link for link in rest.all("a") if link.get("class") == "earlier"]


def test_earlier_messages_open_without_scripts(owner: User, make_chat: Chats) -> None:
    chat = make_chat(owner, turns=20)
    before = Message.objects.get(text="Question 5")
    response = signed_in(owner).get(f"/c/{chat.id}/messages?before={before.id}")
    assert response.status_code == 200
    assert "Question 4" in response.content.decode()


def test_a_person_s_own_words_are_shown_as_typed(owner: User, make_chat: Chats) -> None:
    chat = make_chat(owner)
    text = "<script>alert(1)</script>\n  **two** spaces"
    question = Message.objects.get(text="Question 0")
    Message.objects.filter(id=question.id).update(text=text, parts=[{"type": "text", "text": text}])
    html = signed_in(owner).get(f"/c/{chat.id}").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\n  **two** spaces" in html


def test_only_an_administrator_is_told_how_to_add_a_real_model(
    owner: User, admin_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    local = make_endpoint(name="Local", label="Local model", wire="openai", models=("tiny",), local=True)
    only_local = registry.Registry((local,))
    monkeypatch.setattr(registry, "current", lambda: only_local)
    page = signed_in(admin_user).get("/c/new").content.decode()
    assert 'href="/setup"' in page
    assert "tiny model runs on this server" in page
    others = signed_in(owner).get("/c/new").content.decode()
    assert 'href="/setup"' not in others
    assert "tiny model runs on this server" in others
    chat = Conversation.objects.create(owner=admin_user, endpoint="Local", model="gone")
    gone = signed_in(admin_user).get(f"/c/{chat.id}").content.decode()
    assert "no longer available" in gone
    assert "tiny model" not in gone
    seen = signed_in(admin_user)
    seen.cookies["local_hint"] = "seen"
    assert 'href="/setup"' not in seen.get("/c/new").content.decode()


def test_only_an_administrator_is_told_of_a_broken_edit_of_the_file(
    owner: User, admin_user: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "LOOK_AGAIN_SECONDS", 0.0)
    registry.reset()
    registry.current()
    settings.LIBRECHAT_CONFIG.write_text("version: 1\nspeling: 1\n")
    page = signed_in(admin_user).get("/c/new").content.decode()
    assert "was changed but has errors" in page
    assert "speling, line 2: is not a known key here" in page
    assert "speling" not in signed_in(owner).get("/c/new").content.decode()


def test_without_any_model_the_page_says_whom_to_ask(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = registry.Registry(())
    monkeypatch.setattr(registry, "current", lambda: empty)
    html = signed_in(owner).get("/c/new").content.decode()
    assert "No models are set up yet. Ask your administrator." in html


def test_queries_do_not_grow_with_the_conversation(
    owner: User, make_chat: Chats, django_assert_num_queries: Callable[..., object]
) -> None:
    small, large = make_chat(owner, turns=2), make_chat(owner, turns=20)
    client = signed_in(owner)
    client.get(f"/c/{small.id}")  # fills the session's cache
    for chat in (small, large):
        with django_assert_num_queries(7):  # type: ignore[attr-defined]
            client.get(f"/c/{chat.id}")


def test_a_fork_of_five_thousand_costs_no_more_than_one_of_two(
    owner: User, make_chat: Chats, django_assert_num_queries: Callable[..., object]
) -> None:
    chat = make_chat(owner)
    question = chat.messages.get(author="user")
    client = signed_in(owner)
    client.get(f"/c/{chat.id}")
    start = timezone.now()
    Message.objects.bulk_create(
        Message(
            conversation=chat, parent=question, author="assistant", text=f"Sibling {number}", endpoint="Somewhere",
            model="tiny", sender="tiny", parts=[{"type": "text", "text": f"Sibling {number}"}],
            created_at=start + timedelta(milliseconds=number),
        )
        for number in range(4_999)
    )  # fmt: skip
    client.get(f"/c/{chat.id}")  # so much has taken a while: what a process remembers for a moment
    with django_assert_num_queries(7):  # type: ignore[attr-defined]
        html = client.get(f"/c/{chat.id}").content.decode()
    assert "Sibling 4998" in html
    assert "Sibling 4997" not in html
    assert re.search(r"5,?000", html)


def test_the_address_of_a_chat_that_is_gone_shows_an_empty_new_one(owner: User) -> None:
    """Whoever asks for another's chat sees the same."""
    response = signed_in(owner).get("/c/0198c0de-0000-7000-8000-000000000000")
    html = response.content.decode()
    assert response.status_code == 404
    assert "We started a new one." in html
    assert 'action="/c/new/turns"' in html


def test_own_messages_are_shown_as_typed_or_as_markdown(owner: User, make_chat: Callable[..., Conversation]) -> None:
    chat = make_chat(owner)
    chat.messages.filter(parent=None).update(parts=[{"type": "text", "text": "I **mean** <b>it</b>"}])
    client = signed_in(owner)
    assert "I **mean** &lt;b&gt;it&lt;/b&gt;" in client.get(f"/c/{chat.id}").content.decode()
    set_preferences(user=owner, changes={"own_markdown": True, "formulas": False})
    html = client.get(f"/c/{chat.id}").content.decode()
    assert "I <strong>mean</strong> &lt;b&gt;it&lt;/b&gt;" in html
    assert "data-plain-tex" in html


def test_a_drawing_has_a_page_that_may_do_nothing_else(owner: User) -> None:
    """Security case 65: no origin, no requests, framed by this site alone."""
    response = signed_in(owner).get("/frames/diagram")
    policy = response["Content-Security-Policy"]
    assert "sandbox allow-scripts" in policy
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy
    assert "connect-src" not in policy
    assert "frame-ancestors 'self'" in policy
    assert "script-src 'nonce-" in policy
