"""The bearer token at the door of the API."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from accounts.services import tokens

PATH = "/api/user"


def test_a_token_signs_in_with_one_query(
    client: Client, owner: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    header = {"Authorization": f"Bearer {tokens.access_token(owner)}"}
    with django_assert_num_queries(1):
        answer = client.get("/api/user/terms", headers=header)
    assert answer.status_code == 200
    assert client.get(PATH, headers=header).json()["email"] == owner.email


@pytest.mark.security
@pytest.mark.parametrize("header", ["Bearer", "Bearer x", "Bearer a b", "Bearer \u00e9", "Basic eDp5", "x", ""])
def test_what_is_no_token_is_401_and_says_so_in_json(client: Client, db: None, header: str) -> None:
    answer = client.get(PATH, headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert set(answer.json()) == {"message"}


@pytest.mark.security
def test_a_token_is_read_from_the_header_only(client: Client, owner: User) -> None:
    token = tokens.access_token(owner)
    client.cookies["token"] = token
    assert client.get(PATH, {"token": token, "access_token": token}).status_code == 401


@pytest.mark.security
def test_a_person_switched_off_is_403_and_one_erased_401(client: Client, owner: User) -> None:
    """Security case 12."""
    header = {"Authorization": f"Bearer {tokens.access_token(owner)}"}
    User.objects.filter(id=owner.id).update(is_active=False)
    assert client.get(PATH, headers=header).status_code == 403
    User.objects.filter(id=owner.id).delete()
    assert client.get(PATH, headers=header).status_code == 401


@pytest.mark.security
def test_a_session_of_a_person_switched_off_opens_nothing(client: Client, owner: User) -> None:
    client.force_login(owner)
    assert client.get(PATH).status_code == 200
    User.objects.filter(id=owner.id).update(is_active=False)
    assert client.get(PATH).status_code == 401
