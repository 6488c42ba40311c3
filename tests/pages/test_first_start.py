"""What somebody sees who opens a new installation."""

import pytest
from django.test import Client

from accounts.models import SiteSettings, User
from accounts.services import site

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [("/login", "/register"), ("/login?next=/admin/", "/register?next=%2Fadmin%2F"),
     ("/login?next=/c/new", "/register?next=%2Fc%2Fnew")],
)  # fmt: skip
def test_without_accounts_the_sign_in_page_leads_to_registration(client: Client, path: str, leads_to: str) -> None:
    assert client.get(path)["Location"] == leads_to


def test_the_first_account_is_said_to_be_the_administrators(client: Client) -> None:
    page = client.get("/register").content.decode()
    assert "The first account is the administrator." in page
    assert "Chat with AI models on your own server." in page
    assert "Have an account?" not in page


def test_who_came_for_a_page_is_led_there_after_registering(client: Client) -> None:
    new = {"name": "Nina New", "email": "nina@example.org", "password1": "correct-horse-battery"}
    assert client.post("/register?next=/admin/", new | {"next": "/admin/"})["Location"] == "/admin/"


def test_later_people_sign_in_and_are_told_nothing_of_the_first(client: Client, owner: User) -> None:
    page = client.get("/login").content.decode()
    assert "Chat with AI models on your own server." in page
    assert "No one has an account yet" not in page
    page = client.get("/register").content.decode()
    assert "administrator" not in page
    assert "Have an account?" in page


def test_where_registration_is_closed_it_is_said_how_to_begin(client: Client) -> None:
    SiteSettings.objects.create(allow_registration=False)
    site.stored.invalidate()
    page = client.get("/login")
    assert page.status_code == 200
    assert "manage.py create-user" in page.content.decode()
