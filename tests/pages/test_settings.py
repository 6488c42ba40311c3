"""The tabs of the settings."""

import itertools
import re

import pytest
from django.urls import reverse

from accounts.models import Group, Membership, User
from tests.cast import signed_in

pytestmark = pytest.mark.django_db

TABS = {
    "/settings": "Appearance", "/settings/account": "Account", "/settings/security": "Security",
    "/settings/data": "Data", "/settings/balance": "Balance", "/settings/usage": "Usage",
}  # fmt: skip


@pytest.mark.parametrize("path", TABS)
def test_every_tab_is_a_page_that_leads_to_all_others(owner: User, path: str) -> None:
    page = signed_in(owner).get(path)
    assert page.status_code == 200
    text = page.content.decode()
    tabs = text[text.index('class="tabs"') :]
    for other, name in TABS.items():
        here = ' aria-current="page"' if other == path else ""
        assert f'<a href="{other}"{here}>{name}</a>' in tabs
    assert f"<title>{TABS[path]}" in text


def test_a_person_calls_themself_otherwise(owner: User) -> None:
    client = signed_in(owner)
    answer = client.post("/settings/account", {"name": " Olive  Owner ", "username": "olive"})
    assert answer.headers["Location"] == "/settings/account?saved=1"
    assert "Saved" in client.get(answer.headers["Location"]).content.decode()
    owner.refresh_from_db()
    assert (owner.name, owner.username, owner.email) == ("Olive Owner", "olive", "olivia.owner@example.org")


@pytest.mark.parametrize("bad", [{"name": ""}, {"name": "x" * 81}, {"username": "y" * 81}, {"name": "a\u202eb"}])
def test_a_bad_name_is_422_and_changes_nothing(owner: User, bad: dict[str, str]) -> None:
    answer = signed_in(owner).post("/settings/account", {"name": "Fine", "username": "fine"} | bad)
    assert answer.status_code == 422
    owner.refresh_from_db()
    assert (owner.name, owner.username) == ("Olivia Owner", "")


def test_the_address_and_the_role_are_not_the_person_s_to_change(owner: User) -> None:
    more = {"email": "other@example.org", "role": "ADMIN", "role_id": "ADMIN"}
    signed_in(owner).post("/settings/account", {"name": "Olivia"} | more)
    owner.refresh_from_db()
    assert (owner.email, owner.role_name) == ("olivia.owner@example.org", "USER")


def test_groups_stand_there_and_managers_find_their_people(owner: User) -> None:
    member = Membership.objects.create(group=Group.objects.create(name="Ducks"), user=owner)
    page = signed_in(owner).get("/settings/account").content.decode()
    assert "Ducks" in page
    assert 'href="/people"' not in page
    member.is_manager = True
    member.save()
    assert 'href="/people"' in signed_in(owner).get("/settings/account").content.decode()


def test_the_theme_can_be_set_without_scripts(owner: User) -> None:
    client = signed_in(owner)
    assert client.post("/settings/theme", {"theme": "dark"}).status_code == 302
    assert 'data-theme="dark"' in client.get("/settings").content.decode().split(">")[1]
    client.post("/settings/theme", {"theme": ""})
    assert "data-theme" not in client.get("/settings").content.decode().split(">")[1]
    assert client.post("/settings/theme", {"theme": '"><script>'}).status_code == 422
    assert client.get("/settings/theme").status_code == 405


def test_all_that_signs_a_person_in_is_in_one_place(owner: User) -> None:
    client = signed_in(owner)
    page = client.get("/settings/security").content.decode()
    for name in ("account_change_password", "mfa_activate_totp", "mfa_add_webauthn", "account_sessions"):
        assert reverse(name) in page
    assert "None yet. Sign in without a password" in page
    assert "0 passkeys" not in page
    assert client.get("/account/security")["Location"] == "/settings/security"
    assert 'href="/settings/security"' in client.get("/account/sessions").content.decode(), "and the way back"
    owner.set_unusable_password()
    owner.save()
    assert "No password yet" in signed_in(owner).get("/settings/security").content.decode()


def test_settings_open_at_the_first_tab(owner: User) -> None:
    page = signed_in(owner).get("/settings").content.decode()
    tabs = re.findall(r"<a [^>]*>", page[page.index('class="tabs"') : page.index("</nav>", page.index('class="tabs"'))])
    assert ["aria-current" in tab for tab in tabs] == [True] + [False] * 6


TITLES = {
    "settings": "Appearance · Settings · Parley", "settings/security": "Security · Settings · Parley",
    "settings/api-keys/new": "New API key · Parley", "projects/new": "New project · Parley",
    "bookmarks/new": "New bookmark · Parley", "archive/all": "Archive all chats? · Parley",
}  # fmt: skip


@pytest.mark.parametrize("path", TITLES)
def test_the_tab_says_which_page_it_is(admin_user: User, path: str) -> None:
    page = signed_in(admin_user).get(f"/{path}").content.decode()
    assert re.findall(r"<title>\s*(.*?)\s*</title>", page) == [TITLES[path]]


PAGES = (
    "settings", "settings/account", "settings/security", "settings/keys", "settings/balance", "settings/usage",
    "settings/data", "settings/api-keys", "search?q=x", "projects", "bookmarks", "archive", "c/new",
)  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_headings_go_down_one_by_one_and_name_what_is_there(owner: User, path: str) -> None:
    page = signed_in(owner).get(f"/{path}").content.decode()
    page = page[page.index('id="main"') :]
    levels = [int(level) for level in re.findall(r"<h([1-6])\b", page[: page.index("</main>")])]
    assert levels.count(1) == 1
    assert all(below <= above + 1 for above, below in itertools.pairwise(levels))
    assert ">Content<" not in page


def test_the_size_of_letters_can_be_set_without_scripts(owner: User) -> None:
    client = signed_in(owner)
    assert client.post("/settings/text-size", {"size": "large"}).status_code == 302
    assert 'data-size="large"' in client.get("/settings").content.decode().split(">")[1]
    client.post("/settings/text-size", {"size": ""})
    assert "data-size" not in client.get("/settings").content.decode().split(">")[1]
    assert client.post("/settings/text-size", {"size": '"><script>'}).status_code == 422
    assert client.get("/settings/text-size").status_code == 405
