"""Model specs on the chat pages: the menu, what a new chat begins with, its landing, parameters, favourites."""

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import Role, User
from accounts.services import roles
from chat.models import Conversation, Favourite, Message, Project
from endpoints.catalog import registry
from endpoints.catalog.selection import ModelRef
from tests.cast import signed_in
from tests.pages.conftest import FRAGMENT
from web.model_menu import initial_model_ref, model_groups, model_option_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("write_spec_file")]
Chats = Callable[..., Conversation]
Write = Callable[..., None]
BESIDE = "enforce: false\naddedEndpoints: [Somewhere]"


def edit(settings: Settings, old: str, new: str) -> None:
    text = settings.LIBRECHAT_CONFIG.read_text()
    assert old in text
    settings.LIBRECHAT_CONFIG.write_text(text.replace(old, new))
    registry.reset()


def menu(user: User) -> list[tuple[str, list[str]]]:
    return [(group.label, [choice.label for choice in group.choices]) for group in model_groups(user)]


def chosen(html: str) -> tuple[str, str, str]:
    """Return endpoint, model and spec that the composer would send."""
    composer = html[html.index('id="composer"') :]
    values = [re.search(rf'name="{name}" value="([^"]*)"', composer) for name in ("endpoint", "model", "spec")]
    return tuple(match[1] if match else "?" for match in values)  # type: ignore[return-value]


def page(client: Client, address: str = "/c/new") -> str:
    return client.get(address).content.decode()


def test_the_menu_has_the_specs_in_order_and_hides_what_is_not_beside_them(owner: User, write_spec_file: Write) -> None:
    assert menu(owner) == [("", ["The Helper"]), ("Words", ["The Writer"])]
    write_spec_file(BESIDE)
    assert menu(owner) == [("", ["The Helper"]), ("Words", ["The Writer"]), ("Somewhere", ["tiny", "small"])]
    write_spec_file(more="interface: {modelSelect: true}\n")
    assert [label for label, _ in menu(owner)] == ["", "Words", "Somewhere", "Elsewhere"]
    write_spec_file("enforce: true\naddedEndpoints: [Somewhere]", more="interface: {modelSelect: true}\n")
    assert [label for label, _ in menu(owner)] == ["", "Words"]


def test_a_group_named_as_an_endpoint_stands_there(owner: User, write_spec_file: Write, settings: Settings) -> None:
    write_spec_file(BESIDE)
    edit(settings, "group: Words", "group: Somewhere")
    assert menu(owner) == [("", ["The Helper"]), ("Somewhere", ["The Writer", "tiny", "small"])]


def test_the_menu_leaves_out_what_the_role_may_not_use(owner: User) -> None:
    roles.update(actor=None, role=Role.objects.get(name="USER"), model_access={"small": {"enabled": True}})
    assert menu(owner) == [("", ["The Helper"])]


def test_a_description_keeps_its_emphasis_and_nothing_else(owner: User) -> None:
    html = page(signed_in(owner))
    assert '<small dir="auto"><b>Writes</b> letters</small>' in html
    assert "alert(1)" not in html
    assert model_option_of(ModelRef(spec="helper"), owner).description == "Helps with everything"  # type: ignore[union-attr]


def test_text_that_is_not_html_is_shown_as_written(owner: User, settings: Settings) -> None:
    edit(settings, "Helps with everything", "1 < 2 <b>bold</b>")
    choice = model_option_of(ModelRef(spec="helper"), owner)
    assert choice is not None
    assert choice.description == "1 &lt; 2 &lt;b&gt;bold&lt;/b&gt;"


@pytest.mark.parametrize(
    ("rules", "default", "last", "first"),
    [
        ("enforce: false", "", None, ModelRef(spec="writer")),
        ("enforce: false", "", ModelRef(spec="helper"), ModelRef(spec="helper")),
        ("enforce: false", "", ModelRef(spec="gone"), ModelRef(spec="writer")),
        (BESIDE, "", ModelRef("Somewhere", "small"), ModelRef(spec="writer")),
        (f"{BESIDE}\nprioritize: false", "", ModelRef("Somewhere", "small"), ModelRef("Somewhere", "small")),
        (f"{BESIDE}\nprioritize: false", "", None, ModelRef("Somewhere", "tiny")),
        (f"{BESIDE}\nprioritize: false", "", ModelRef("Elsewhere", "large"), ModelRef("Somewhere", "tiny")),
        (f"{BESIDE}\nprioritize: false", "softDefault: true", None, ModelRef(spec="helper")),
        (
            f"{BESIDE}\nprioritize: false", "softDefault: true", ModelRef("Somewhere", "small"),
            ModelRef("Somewhere", "small"),
        ),
        (f"{BESIDE}\nprioritize: false", "softDefault: true", ModelRef("Elsewhere", "large"), ModelRef(spec="helper")),
        ("enforce: false", "softDefault: true", ModelRef(spec="writer"), ModelRef(spec="writer")),
        (f"{BESIDE}\nprioritize: false", "default: true", ModelRef(spec="writer"), ModelRef(spec="helper")),
        (f"{BESIDE}\nprioritize: false", "default: true", ModelRef("Somewhere", "small"), ModelRef(spec="helper")),
    ],
)  # fmt: skip
def test_what_a_new_chat_begins_with(
    owner: User,
    write_spec_file: Write,
    settings: Settings,
    rules: str,
    default: str,
    last: ModelRef | None,
    first: ModelRef,
) -> None:
    write_spec_file(rules)
    if default:
        edit(settings, "order: 2", f"order: 2\n      {default}")
    assert initial_model_ref(owner, last) == first


def test_the_last_chat_and_a_choice_in_this_browser_are_remembered(owner: User, make_chat: Chats) -> None:
    client = signed_in(owner)
    assert chosen(page(client)) == ("Elsewhere", "large", "writer")
    Conversation.objects.filter(id=make_chat(owner).id).update(spec="hidden")
    assert chosen(page(client)) == ("Somewhere", "tiny", "hidden")
    client.cookies["pick"] = quote("spec=helper")
    assert chosen(page(client)) == ("Somewhere", "small", "helper")
    client.cookies["pick"] = quote("spec=gone&endpoint=%00")
    assert chosen(page(client)) == ("Elsewhere", "large", "writer")


def test_the_address_may_name_a_spec_which_wins_over_a_model(owner: User, write_spec_file: Write) -> None:
    client = signed_in(owner)
    assert chosen(page(client, "/c/new?spec=helper&endpoint=Elsewhere&model=large")) == ("Somewhere", "small", "helper")
    assert chosen(page(client, "/c/new?spec=absent"))[2] == "writer"
    assert chosen(page(client, "/c/new?endpoint=Somewhere&model=tiny"))[2] == "writer"
    write_spec_file(BESIDE)
    assert chosen(page(client, "/c/new?endpoint=Somewhere&model=tiny")) == ("Somewhere", "tiny", "")


def test_a_landing_shows_label_description_and_at_most_four_starters(owner: User) -> None:
    client = signed_in(owner)
    html = page(client, "/c/new?spec=writer")
    assert '<h1 dir="auto">The Writer</h1>' in html
    assert html.count('name="starter"') == 4
    assert "Write a fifth" not in html
    html = page(client, "/c/new?spec=helper")
    assert "The Helper</h1>" not in html
    assert html.count('name="starter"') == 0


def test_the_landing_follows_the_choice(owner: User, write_spec_file: Write) -> None:
    write_spec_file(BESIDE)
    client = signed_in(owner)
    html = client.get("/c/new/landing?spec=writer", headers=FRAGMENT).content.decode()
    assert "<main" not in html
    assert 'id="starters" role="group" aria-label="Ideas to get started" hx-swap-oob="true"' in html
    assert "The Writer" in html
    html = client.get("/c/new/landing?endpoint=Somewhere&model=tiny", headers=FRAGMENT).content.decode()
    assert "The Writer" not in html
    assert html.count('name="starter"') == 4


def test_a_message_goes_to_the_spec_whatever_model_stands_beside_it(owner: User) -> None:
    draft = {"text": "Hello", "endpoint": "Somewhere", "model": "tiny", "spec": "writer", "parent": ""}
    assert signed_in(owner).post("/c/new/turns", draft).status_code == 302
    chat = Conversation.objects.get()
    assert (chat.spec, chat.endpoint, chat.model) == ("writer", "Elsewhere", "large")


def test_a_chat_goes_to_another_endpoint_and_to_a_spec(owner: User, make_chat: Chats, write_spec_file: Write) -> None:
    write_spec_file(BESIDE)
    client, chat = signed_in(owner), make_chat(owner)
    reply = Message.objects.get(author="assistant")
    address = f"/c/{chat.id}/turns"
    client.post(address, {"text": "Hello", "endpoint": "Elsewhere", "model": "large", "parent": str(reply.id)})
    chat.refresh_from_db()
    assert (chat.endpoint, chat.model, chat.spec) == ("Elsewhere", "large", "")
    again = f"/c/{chat.id}/messages/{reply.id}/regenerate"
    client.post(again, {"endpoint": "Somewhere", "model": "tiny", "spec": "helper"})
    newest = Message.objects.filter(parent=reply.parent).order_by("created_at").last()
    assert newest is not None
    assert (newest.spec, newest.model, newest.sender) == ("helper", "small", "The Helper")


def test_a_chat_whose_spec_is_gone_asks_for_another_choice(owner: User, make_chat: Chats) -> None:
    chat = make_chat(owner, spec="gone")
    html = page(signed_in(owner), f"/c/{chat.id}")
    assert "“gone” is no longer available" in html


@pytest.mark.security
def test_the_prompt_of_an_enforced_spec_stands_on_no_page(owner: User, write_spec_file: Write) -> None:
    write_spec_file("enforce: true")
    client = signed_in(owner)
    client.post("/c/new/turns", {"text": "Hello", "spec": "helper", "parent": ""})
    chat = Conversation.objects.get()
    addresses = ["/c/new", "/c/new?spec=helper", f"/c/{chat.id}", f"/c/{chat.id}/parameters",
                 "/c/new/parameters?spec=helper", "/c/new/landing?spec=helper"]  # fmt: skip
    said = [page(client, address) for address in addresses]
    assert not [text for text in said if "A secret prompt" in text or "agent_secret" in text]
    assert client.get("/c/new/parameters?spec=helper").status_code == 404
    assert client.get(f"/c/{chat.id}/parameters").status_code == 404
    assert 'id="parameters-button"' not in said[0]


def test_the_panel_shows_the_preset_and_keeps_only_what_differs(owner: User, write_spec_file: Write) -> None:
    write_spec_file(more="interface: {parameters: true}\n")
    client = signed_in(owner)
    opened = {"act": "open", "spec": "helper", "endpoint": "", "model": "", "settings": ""}
    html = client.post("/c/new/parameters", opened, headers=FRAGMENT).content.decode()
    assert 'name="temperature" min="0" max="2" step="0.01" value="0.3"' in html
    assert "Settings for The Helper in this chat." in html
    changed = opened | {"act": "", "temperature": "0.3", "promptPrefix": "A secret prompt", "top_p": "0.5"}
    html = client.post("/c/new/parameters", changed, headers=FRAGMENT).content.decode()
    assert "{&quot;top_p&quot;: 0.5}" in html


def test_a_spec_can_be_a_favourite(owner: User) -> None:
    client = signed_in(owner)
    client.post("/favourites", {"spec": "helper", "endpoint": "Somewhere", "model": "small"})
    row = Favourite.objects.get()
    assert (row.spec, row.endpoint, row.model) == ("helper", "", "")
    html = page(client)
    assert 'href="/c/new?spec=helper"' in html
    client.post("/favourites", {"spec": "helper"})
    assert not Favourite.objects.exists()
    assert client.post("/favourites", {"spec": "gone"}).status_code == 409


def test_without_a_menu_the_model_is_told_all_the_same(owner: User, settings: Settings) -> None:
    text = settings.LIBRECHAT_CONFIG.read_text()
    settings.LIBRECHAT_CONFIG.write_text(text[: text.index("modelSpecs")] + "interface: {modelSelect: false}\n")
    registry.reset()
    html = page(signed_in(owner))
    assert 'id="model-button"' not in html
    assert chosen(html) == ("Somewhere", "tiny", "")


@pytest.mark.security
def test_no_form_of_a_page_gets_past_enforcement(
    owner: User, make_chat: Chats, write_spec_file: Write, settings: Settings
) -> None:
    settings.VIOLATION_SCORES = {"illegal_model_request": 0}
    write_spec_file(
        "enforce: true\naddedEndpoints: [Somewhere]", more="interface: {modelSelect: true, parameters: true}\n"
    )
    client, chat = signed_in(owner), make_chat(owner)
    reply = Message.objects.get(author="assistant")
    Message.objects.filter(id=reply.id).update(state="stopped")
    model = {"endpoint": "Somewhere", "model": "tiny"}
    above, count = f"/c/{chat.id}", Message.objects.count()
    posts = [
        ("/c/new/turns", {"text": "Hello", **model}), (f"{above}/turns", {"text": "Hello", **model}),
        (f"{above}/turns", {"text": "Hello", "parent": str(reply.id)}),
        (f"{above}/messages/{reply.id}/regenerate", model), (f"{above}/messages/{reply.id}/regenerate", {}),
        (f"{above}/messages/{reply.id}/continue", {}), (f"{above}/turns", {"text": "Hello", "spec": "helper\x01"}),
        (f"{above}/turns", {"text": "Hello", "spec": "helper\x00"}),
    ]  # fmt: skip
    assert [client.post(address, body).status_code for address, body in posts] == [400] * 8
    assert Message.objects.count() == count
    html = page(client, above)
    assert 'id="parameters-button"' not in html
    assert "“tiny” is no longer available" in html


def test_a_project_with_a_model_of_its_own_keeps_to_what_is_offered(owner: User, write_spec_file: Write) -> None:
    project = Project.objects.create(owner=owner, name="Moon", endpoint="Somewhere", model="tiny")
    client, address = signed_in(owner), f"/c/new?projectId={project.id}"
    assert chosen(page(client, address))[2] == "writer"
    write_spec_file(BESIDE)
    assert chosen(page(client, address)) == ("Somewhere", "tiny", "")
    client.post("/c/new/turns", {"text": "Hello", "spec": "helper", "project": str(project.id)})
    assert Conversation.objects.get().project == project


@pytest.mark.security
def test_a_role_without_any_spec_has_nothing_to_choose(owner: User, write_spec_file: Write) -> None:
    write_spec_file("enforce: true")
    roles.update(actor=None, role=Role.objects.get(name="USER"), model_access={"absent": {"enabled": True}})
    assert menu(owner) == []
    html = page(signed_in(owner))
    assert "No models are set up yet" in html
