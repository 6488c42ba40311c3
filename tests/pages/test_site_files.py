"""What browsers and robots ask every site for, and what addresses may name."""

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from chat.models import Conversation, Message
from chat.services.search.snippets import snippet
from tests.cast import signed_in

pytestmark = pytest.mark.django_db


def test_the_icon_is_found_without_the_page(client: Client) -> None:
    assert client.get("/favicon.ico")["Location"].startswith("/static/favicon")


@pytest.mark.parametrize(("closed", "rule"), [(True, "Disallow: /\n"), (False, "Disallow:\n")])
def test_robots_are_told_as_the_operator_says(client: Client, settings: Settings, closed: bool, rule: str) -> None:
    settings.NO_INDEX = closed
    answer = client.get("/robots.txt")
    assert answer["Content-Type"].startswith("text/plain")
    assert answer.content.decode() == f"User-agent: *\n{rule}"


def test_the_site_can_be_put_on_a_home_screen(client: Client, owner: User) -> None:
    manifest = client.get("/manifest.webmanifest").json()
    assert (manifest["name"], manifest["start_url"], manifest["display"]) == ("Parley", "/c/new", "standalone")
    assert manifest["icons"][0]["src"].startswith("/static/icon")
    assert 'rel="manifest" href="/manifest.webmanifest"' in client.get("/login").content.decode()


@pytest.mark.parametrize("query", ["endpoint=Nope&model=x", "endpoint=Somewhere&model=nothing", "endpoint=Nope"])
def test_an_address_that_names_what_is_not_there_is_passed_over(owner: User, query: str) -> None:
    client = signed_in(owner)
    page = client.get(f"/c/new?{query}").content.decode()
    plain = client.get("/c/new").content.decode()
    name = 'name="model" value="'
    assert page.count("no longer available") == 0
    assert page.split(name)[1][:30] == plain.split(name)[1][:30]


@pytest.mark.parametrize(
    ("text", "term", "shown"),
    [
        ("Some **bold cats** here", "cats", "Some bold <mark>cats</mark> here"),
        ("# Cats\n\n- one `cat`", "cat", "<mark>Cat</mark>s"),
        ("```python\nprint(cats)\n```", "cats", "print(<mark>cats</mark>)"),
        ("See [the cats](https://example.org/x)", "cats", "See the <mark>cats</mark>"),
        (
            "See [the list](https://example.org/cats)",
            "cats",
            "org/<mark>cats</mark>)",
        ),  # found where it is not shown
        ("a < b and <b>cats</b>", "cats", "&lt;b&gt;<mark>cats</mark>&lt;/b&gt;"),
    ],
)
def test_hits_are_shown_without_marks_of_markdown(text: str, term: str, shown: str) -> None:
    html = str(snippet(text, [term]))
    assert shown in html
    assert "**" not in html
    assert "```" not in html


def test_two_models_of_one_endpoint_can_be_told_apart(owner: User, make_chat: Callable[..., Conversation]) -> None:
    chat = make_chat(owner, turns=2)
    first, second = chat.messages.filter(author="assistant").order_by("created_at")
    Message.objects.filter(id=first.id).update(sender="Atlas", model="atlas-large")
    Message.objects.filter(id=second.id).update(sender="atlas-small", model="atlas-small")
    page = signed_in(owner).get(f"/c/{chat.id}").content.decode()
    assert page.count('class="who-model"') == 1, "and nothing is said twice"
    assert 'class="who-model" dir="auto">atlas-large<' in page
