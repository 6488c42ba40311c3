"""Signing in with the password of an LDAP directory, at a real slapd."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from pytest_django import Settings

from accounts.models import Membership, Role, User
from config import identity
from config.identity import Directory
from tests import cast
from tests.accounts import directory_server
from tests.accounts.directory_server import GROUPS, PASSWORD, PEOPLE, READER, READER_PASSWORD, DirectoryServer

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of ldap3's own libraries


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DirectoryServer]:
    with directory_server.running(tmp_path_factory.mktemp("slapd")) as server:
        yield server


@pytest.fixture
def server(shared_server: DirectoryServer, settings: Settings, admin_user: User) -> Iterator[DirectoryServer]:
    cache.clear()
    settings.DIRECTORY = Directory(
        url=shared_server.url, base=PEOPLE, bind_dn=READER, bind_password=READER_PASSWORD, group_base=GROUPS
    )
    settings.AUTHENTICATION_BACKENDS = [
        "accounts.identity.directory.DirectoryBackend",
        *settings.AUTHENTICATION_BACKENDS,
    ]
    yield shared_server
    cache.clear()


def sign_in(client: Client, login: str, password: str = PASSWORD) -> Any:
    return client.post("/login", {"login": login, "password": password})


def who(client: Client) -> User | None:
    found = client.session.get("_auth_user_id")
    return User.objects.get(id=found) if found else None


def test_a_person_of_the_directory_comes_in_with_an_account(client: Client, server: DirectoryServer) -> None:
    assert sign_in(client, "lina@example.org")["Location"] == "/c/new"
    user = who(client)
    assert user is not None
    assert (user.email, user.name, user.username) == ("lina@example.org", "Lina Listed", "Lina")
    assert (user.provider, user.role_id, user.has_usable_password()) == ("ldap", Role.USER, False)
    groups = Membership.objects.filter(user=user).values_list("group__source", "group__name")
    assert sorted(groups) == [("ldap", "blue"), ("ldap", "red")]
    client.logout()
    sign_in(client, "LINA@example.org")
    assert who(client) == user


def test_names_have_all_their_letters(client: Client, server: DirectoryServer) -> None:
    sign_in(client, "max@example.org")
    assert User.objects.get(email="max@example.org").name == "Max Müller"


def test_the_client_signs_in_the_same_way(server: DirectoryServer) -> None:
    answer = Client().post(
        "/api/auth/login", {"email": "lina@example.org", "password": PASSWORD}, content_type="application/json"
    )
    assert answer.status_code == 200
    assert answer.json()["user"]["email"] == "lina@example.org"


@pytest.mark.security
@pytest.mark.parametrize("password", ["wrong", PASSWORD.upper(), "x" * 5000, f"{PASSWORD} ", "*"])
def test_a_wrong_password_is_refused(client: Client, server: DirectoryServer, password: str) -> None:
    assert sign_in(client, "lina@example.org", password).status_code == 200
    assert who(client) is None
    assert User.objects.count() == 1


@pytest.mark.security
@pytest.mark.parametrize("password", ["", " ", "\t\n ", "\u00a0", "\0", f"{PASSWORD}\0", f"\0{PASSWORD}"])
def test_case_47_an_empty_password_is_refused_without_asking(
    client: Client, server: DirectoryServer, password: str
) -> None:
    before = server.questions()
    assert sign_in(client, "lina@example.org", password).status_code == 200
    answer = Client().post(
        "/api/auth/login", {"email": "lina@example.org", "password": password}, content_type="application/json"
    )
    assert answer.status_code in {400, 401, 404, 422}
    assert server.questions() == before
    assert who(client) is None
    assert User.objects.count() == 1


@pytest.mark.security
@pytest.mark.parametrize(
    "login", ["*", "lina*", "*)(uid=lina", "lina)(|(uid=*", "\\2a", "lina\0", "uid=lina," + PEOPLE, "nobody", "twin1)"]
)
def test_a_login_is_no_part_of_the_question(
    client: Client, server: DirectoryServer, settings: Settings, login: str
) -> None:
    settings.DIRECTORY = replace(settings.DIRECTORY, filter="(uid={{username}})", by_username=True)
    assert sign_in(client, login).status_code == 200
    assert who(client) is None
    assert User.objects.count() == 1


def test_a_user_name_can_be_asked_for(client: Client, server: DirectoryServer, settings: Settings) -> None:
    settings.DIRECTORY = replace(settings.DIRECTORY, filter="(uid={{username}})", by_username=True)
    page = client.get("/login").content.decode()
    assert "User name" in page
    assert 'type="email"' not in page
    assert sign_in(client, "lina")["Location"] == "/c/new"


def test_two_people_with_one_address_are_nobody(client: Client, server: DirectoryServer) -> None:
    sign_in(client, "twin@example.org")
    assert who(client) is None


def test_who_has_no_address_gets_one_of_the_directory(
    client: Client, server: DirectoryServer, settings: Settings
) -> None:
    settings.DIRECTORY = replace(settings.DIRECTORY, filter="uid={{username}}", email_attributes=("telephoneNumber",),
                                 by_username=True)  # fmt: skip
    sign_in(client, "lina")
    assert User.objects.get(provider="ldap").email == "lina@ldap.local"


@pytest.mark.security
def test_case_48_the_address_of_another_account_does_not_open_it(
    client: Client, server: DirectoryServer, make_user: Any
) -> None:
    local = make_user("Lina Local", email="lina@example.org")
    assert sign_in(client, "lina@example.org").status_code == 200
    assert who(client) is None
    assert sign_in(client, "lina@example.org", cast.PASSWORD)["Location"] == "/c/new"
    assert who(client) == local, "its own password still does"


def test_a_person_switched_off_stays_out(client: Client, server: DirectoryServer) -> None:
    sign_in(client, "lina@example.org")
    client.logout()
    User.objects.filter(email="lina@example.org").update(is_active=False)
    assert sign_in(client, "lina@example.org")["Location"] == "/account/inactive"


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "ldap://127.0.0.1:9"},
        {"bind_password": "wrong"},
        {"base": "ou=gone,dc=example,dc=org"},
        {"filter": "(("},
    ],
    ids=str,
)
def test_a_directory_that_does_not_answer_stops_nobody_else(
    client: Client, server: DirectoryServer, settings: Settings, owner: User, changes: dict[str, Any]
) -> None:
    settings.DIRECTORY = replace(settings.DIRECTORY, **changes)
    assert sign_in(client, "lina@example.org").status_code == 200
    assert sign_in(client, owner.email, cast.PASSWORD)["Location"] == "/c/new"


def test_start_tls_with_a_certificate_of_the_operators_authority(
    client: Client, server: DirectoryServer, settings: Settings
) -> None:
    settings.DIRECTORY = replace(settings.DIRECTORY, start_tls=True, ca_file=server.ca_file)
    assert sign_in(client, "lina@example.org")["Location"] == "/c/new"


@pytest.mark.security
@pytest.mark.parametrize("stranger", ["authority", "name"])
def test_a_certificate_that_proves_nothing_gets_no_password(
    client: Client, server: DirectoryServer, settings: Settings, stranger: str
) -> None:
    changes: dict[str, Any] = {"start_tls": True}
    if stranger == "name":
        changes |= {"ca_file": server.ca_file, "url": server.url.replace("localhost", "127.0.0.1")}
    settings.DIRECTORY = replace(settings.DIRECTORY, **changes)
    sign_in(client, "lina@example.org")
    assert who(client) is None
    settings.DIRECTORY = replace(settings.DIRECTORY, verify=False)
    assert sign_in(client, "lina@example.org")["Location"] == "/c/new", "unless the operator wants it so"


def test_the_environment_says_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert identity.directory() is None
    monkeypatch.setenv("LDAP_URL", "ldaps://directory.example.org")
    monkeypatch.setenv("LDAP_USER_SEARCH_BASE", PEOPLE)
    monkeypatch.setenv("LDAP_FULL_NAME", "cn")
    found = identity.directory()
    assert found == Directory(url="ldaps://directory.example.org", base=PEOPLE, name_attributes=("cn",))
    monkeypatch.setenv("LDAP_URL", "directory.example.org")
    with pytest.raises(ImproperlyConfigured, match="LDAP_URL"):
        identity.directory()
