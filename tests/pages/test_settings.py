"""The tabs of the settings."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Group, Membership, User

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]
TABS = {
    "/settings": "Appearance", "/settings/account": "Account", "/settings/security": "Security",
    "/settings/data": "Data", "/settings/balance": "Balance", "/settings/usage": "Usage",
}  # fmt: skip


@pytest.mark.parametrize("path", TABS)
def test_every_tab_is_a_page_that_leads_to_all_others(sign_in: SignIn, owner: User, path: str) -> None:
    page = sign_in(owner).get(path)
    assert page.status_code == 200
    text = page.content.decode()
    tabs = text[text.index('class="tabs"') :]
    for other, name in TABS.items():
        here = ' aria-current="page"' if other == path else ""
        assert f'<a href="{other}"{here}>{name}</a>' in tabs
    assert f"<title>{TABS[path]}" in text


def test_a_person_calls_themself_otherwise(sign_in: SignIn, owner: User) -> None:
    client = sign_in(owner)
    answer = client.post("/settings/account", {"name": " Olive  Owner ", "username": "olive"})
    assert answer.headers["Location"] == "/settings/account?saved=1"
    assert "Saved" in client.get(answer.headers["Location"]).content.decode()
    owner.refresh_from_db()
    assert (owner.name, owner.username, owner.email) == ("Olive Owner", "olive", "olivia.owner@example.org")


@pytest.mark.parametrize("bad", [{"name": ""}, {"name": "x" * 81}, {"username": "y" * 81}, {"name": "a\u202eb"}])
def test_a_bad_name_is_422_and_changes_nothing(sign_in: SignIn, owner: User, bad: dict[str, str]) -> None:
    answer = sign_in(owner).post("/settings/account", {"name": "Fine", "username": "fine"} | bad)
    assert answer.status_code == 422
    owner.refresh_from_db()
    assert (owner.name, owner.username) == ("Olivia Owner", "")


def test_the_address_and_the_role_are_not_the_person_s_to_change(sign_in: SignIn, owner: User) -> None:
    more = {"email": "other@example.org", "role": "ADMIN", "role_id": "ADMIN"}
    sign_in(owner).post("/settings/account", {"name": "Olivia"} | more)
    owner.refresh_from_db()
    assert (owner.email, owner.role_name) == ("olivia.owner@example.org", "USER")


def test_groups_stand_there_and_managers_find_their_people(sign_in: SignIn, owner: User) -> None:
    member = Membership.objects.create(group=Group.objects.create(name="Ducks"), user=owner)
    page = sign_in(owner).get("/settings/account").content.decode()
    assert "Ducks" in page
    assert 'href="/people"' not in page
    member.is_manager = True
    member.save()
    assert 'href="/people"' in sign_in(owner).get("/settings/account").content.decode()


def test_the_theme_can_be_set_without_scripts(sign_in: SignIn, owner: User) -> None:
    client = sign_in(owner)
    assert client.post("/settings/theme", {"theme": "dark"}).status_code == 302
    assert 'data-theme="dark"' in client.get("/settings").content.decode().split(">")[1]
    client.post("/settings/theme", {"theme": ""})
    assert "data-theme" not in client.get("/settings").content.decode().split(">")[1]
    assert client.post("/settings/theme", {"theme": '"><script>'}).status_code == 422
    assert client.get("/settings/theme").status_code == 405


def test_what_signs_a_person_in_is_told_in_short(sign_in: SignIn, owner: User) -> None:
    page = sign_in(owner).get("/settings/security").content.decode()
    assert "Change your password" in page
    assert "0 passkeys" in page
    owner.set_unusable_password()
    owner.save()
    assert "No password yet" in sign_in(owner).get("/settings/security").content.decode()
