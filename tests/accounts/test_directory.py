"""Signing in with the password of an LDAP directory, at a real slapd."""

from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from pytest_django import Settings

from accounts.models import Membership, Role, User
from siteconfig.environment import identity
from siteconfig.environment.identity import Directory
from tests import cast
from tests.accounts import directory_server
from tests.accounts.directory_server import GROUPS, PASSWORD, PEOPLE, READER, READER_PASSWORD, DirectoryServer
from tests.cast import sign_in, user_of

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of ldap3's own libraries


@pytest.fixture(scope="module")
def shared_directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DirectoryServer]:
    with directory_server.running(tmp_path_factory.mktemp("slapd")) as server:
        yield server


@pytest.fixture
def directory(shared_directory: DirectoryServer, settings: Settings, admin_user: User) -> DirectoryServer:
    settings.DIRECTORY = Directory(
        url=shared_directory.url, base=PEOPLE, bind_dn=READER, bind_password=READER_PASSWORD, group_base=GROUPS
    )
    settings.AUTHENTICATION_BACKENDS = [
        "accounts.identity.directory.DirectoryBackend",
        *settings.AUTHENTICATION_BACKENDS,
    ]
    return shared_directory


def enter(client: Client, login: str, password: str = PASSWORD) -> Any:
    """Sign in with the password of the directory, unless told otherwise."""
    return sign_in(client, login, password)


def test_a_person_of_the_directory_comes_in_with_an_account(client: Client, directory: DirectoryServer) -> None:
    assert enter(client, "lina@example.org")["Location"] == "/c/new"
    user = user_of(client)
    assert user is not None
    assert (user.email, user.name, user.username) == ("lina@example.org", "Lina Listed", "Lina")
    assert (user.provider, user.role_id, user.has_usable_password()) == ("ldap", Role.USER, False)
    groups = Membership.objects.filter(user=user).values_list("group__source", "group__name")
    assert sorted(groups) == [("ldap", "blue"), ("ldap", "red")]
    client.logout()
    enter(client, "LINA@example.org")
    assert user_of(client) == user


def test_names_have_all_their_letters(client: Client, directory: DirectoryServer) -> None:
    enter(client, "max@example.org")
    assert User.objects.get(email="max@example.org").name == "Max Müller"


def test_the_client_signs_in_the_same_way(directory: DirectoryServer) -> None:
    answer = Client().post(
        "/api/auth/login", {"email": "lina@example.org", "password": PASSWORD}, content_type="application/json"
    )
    assert answer.status_code == 200
    assert answer.json()["user"]["email"] == "lina@example.org"


@pytest.mark.security
@pytest.mark.parametrize("password", ["wrong", PASSWORD.upper(), "x" * 5000, f"{PASSWORD} ", "*"])
def test_a_wrong_password_is_refused(client: Client, directory: DirectoryServer, password: str) -> None:
    assert enter(client, "lina@example.org", password).status_code == 200
    assert user_of(client) is None
    assert User.objects.count() == 1


@pytest.mark.security
@pytest.mark.parametrize("password", ["", " ", "\t\n ", "\u00a0", "\0", f"{PASSWORD}\0", f"\0{PASSWORD}"])
def test_case_47_an_empty_password_is_refused_without_asking(
    client: Client, directory: DirectoryServer, password: str
) -> None:
    before = directory.questions()
    assert enter(client, "lina@example.org", password).status_code == (400 if "\0" in password else 200)
    answer = Client().post(
        "/api/auth/login", {"email": "lina@example.org", "password": password}, content_type="application/json"
    )
    assert answer.status_code in {400, 401, 404, 422}
    assert directory.questions() == before
    assert user_of(client) is None
    assert User.objects.count() == 1


@pytest.mark.security
@pytest.mark.parametrize(
    "login", ["*", "lina*", "*)(uid=lina", "lina)(|(uid=*", "\\2a", "lina\0", "uid=lina," + PEOPLE, "nobody", "twin1)"]
)
def test_a_login_is_no_part_of_the_question(
    client: Client, directory: DirectoryServer, settings: Settings, login: str
) -> None:
    settings.DIRECTORY = replace(settings.DIRECTORY, filter="(uid={{username}})", by_username=True)
    assert enter(client, login).status_code == (400 if "\0" in login else 200)
    assert user_of(client) is None
    assert User.objects.count() == 1


def test_a_user_name_can_be_asked_for(client: Client, directory: DirectoryServer, settings: Settings) -> None:
    settings.DIRECTORY = replace(settings.DIRECTORY, filter="(uid={{username}})", by_username=True)
    page = client.get("/login").content.decode()
    assert "Username" in page
    assert 'type="email"' not in page
    assert enter(client, "lina")["Location"] == "/c/new"


def test_two_people_with_one_address_are_nobody(client: Client, directory: DirectoryServer) -> None:
    enter(client, "twin@example.org")
    assert user_of(client) is None


def test_who_has_no_address_gets_one_of_the_directory(
    client: Client, directory: DirectoryServer, settings: Settings
) -> None:
    settings.DIRECTORY = replace(settings.DIRECTORY, filter="uid={{username}}", email_attributes=("telephoneNumber",),
                                 by_username=True)  # fmt: skip
    enter(client, "lina")
    assert User.objects.get(provider="ldap").email == "lina@ldap.local"


@pytest.mark.security
def test_case_48_the_address_of_another_account_does_not_open_it(
    client: Client, directory: DirectoryServer, make_user: Any
) -> None:
    local = make_user("Lina Local", email="lina@example.org")
    assert enter(client, "lina@example.org").status_code == 403
    assert user_of(client) is None
    assert enter(client, "lina@example.org", cast.PASSWORD)["Location"] == "/c/new"
    assert user_of(client) == local, "its own password still does"


def test_a_person_switched_off_stays_out(client: Client, directory: DirectoryServer) -> None:
    enter(client, "lina@example.org")
    client.logout()
    User.objects.filter(email="lina@example.org").update(is_active=False)
    assert enter(client, "lina@example.org")["Location"] == "/account/inactive"


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "ldap://127.0.0.1:9"},
        {"bind_password": "wrong"},
        {"base": "ou=gone,dc=example,dc=org"},
        {"filter": "(("},
        {"base": "dc=elsewhere,dc=net"},  # which is answered with a referral
    ],
    ids=str,
)
def test_a_directory_that_does_not_answer_stops_nobody_else(
    client: Client, directory: DirectoryServer, settings: Settings, owner: User, changes: dict[str, Any]
) -> None:
    settings.DIRECTORY = replace(settings.DIRECTORY, **changes)
    assert enter(client, "lina@example.org").status_code == 200
    assert enter(client, owner.email, cast.PASSWORD)["Location"] == "/c/new"


def test_start_tls_with_a_certificate_of_the_operators_authority(
    client: Client, directory: DirectoryServer, settings: Settings
) -> None:
    settings.DIRECTORY = replace(settings.DIRECTORY, start_tls=True, ca_file=directory.ca_file)
    assert enter(client, "lina@example.org")["Location"] == "/c/new"


@pytest.mark.security
@pytest.mark.parametrize("stranger", ["authority", "name"])
def test_a_certificate_that_proves_nothing_gets_no_password(
    client: Client, directory: DirectoryServer, settings: Settings, stranger: str
) -> None:
    changes: dict[str, Any] = {"start_tls": True}
    if stranger == "name":
        changes |= {"ca_file": directory.ca_file, "url": directory.url.replace("localhost", "127.0.0.1")}
    settings.DIRECTORY = replace(settings.DIRECTORY, **changes)
    enter(client, "lina@example.org")
    assert user_of(client) is None
    settings.DIRECTORY = replace(settings.DIRECTORY, verify=False)
    assert enter(client, "lina@example.org")["Location"] == "/c/new", "unless the operator wants it so"


def test_the_environment_says_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert identity.directory() is None
    monkeypatch.setenv("LDAP_URL", "ldaps://directory.example.org")
    monkeypatch.setenv("LDAP_USER_SEARCH_BASE", PEOPLE)
    monkeypatch.setenv("LDAP_FULL_NAME", "cn")
    directory = identity.directory()
    assert directory == Directory(url="ldaps://directory.example.org", base=PEOPLE, name_attributes=("cn",))
    monkeypatch.setenv("LDAP_URL", "directory.example.org")
    with pytest.raises(ImproperlyConfigured, match="LDAP_URL"):
        identity.directory()


# --- the right password, and no account ------------------------------------------------------------------


def by_api(login: str, password: str = PASSWORD) -> tuple[int, str]:
    answer = Client().post("/api/auth/login", {"email": login, "password": password}, content_type="application/json")
    return answer.status_code, answer.json().get("message", "")


def by_page(login: str, password: str = PASSWORD) -> tuple[int, str]:
    answer = enter(Client(), login, password)
    return answer.status_code, unescape(answer.content.decode())


@pytest.fixture
def by_name(directory: DirectoryServer, settings: Settings) -> DirectoryServer:
    settings.DIRECTORY = replace(settings.DIRECTORY, filter="(uid={{username}})", by_username=True)
    return directory


def test_who_has_an_address_that_is_taken_is_told_so(by_name: DirectoryServer, client: Client) -> None:
    assert enter(client, "frieda")["Location"] == "/c/new"
    frieda, sentence = user_of(client), "An account with your email address already exists."
    status, page = by_page("second")
    assert (status, sentence in page) == (403, True)
    status, message = by_api("second")
    assert (status, message.startswith(sentence)) == (403, True)
    assert frieda is not None
    assert User.objects.filter(email="frieda@example.org").get() == frieda


@pytest.mark.parametrize("login", ["noaddress", "odd"])
def test_an_address_that_is_none_counts_as_none(by_name: DirectoryServer, client: Client, login: str) -> None:
    assert enter(client, login)["Location"] == "/c/new"
    assert user_of(client) == User.objects.get(
        email=f"{login}@ldap.local" if login == "noaddress" else "odd@example.org"
    )


@pytest.mark.security
@pytest.mark.parametrize("login", ["frieda", "second", "noaddress", "nobody-at-all"])
def test_a_wrong_password_tells_nothing(by_name: DirectoryServer, login: str) -> None:
    refusal = "Wrong username or password."
    status, page = by_page(login, "wrong")
    assert (status, refusal in page) == (200, True)
    assert by_api(login, "wrong") == (404, refusal)


def test_a_right_password_without_an_account_locks_nobody_out(by_name: DirectoryServer, settings: Settings) -> None:
    settings.LOGIN_MAX = 2
    enter(Client(), "frieda")
    assert [by_page("second")[0] for _ in range(4)] == [403] * 4


def test_other_refusals_say_their_reason_too(by_name: DirectoryServer, settings: Settings, owner: User) -> None:
    settings.REGISTRATION_ALLOWED_DOMAINS = ["other.example"]
    status, page = by_page("frieda")
    assert status == 403
    assert "domain" in page
    assert by_api("frieda")[0] == 403
    settings.REGISTRATION_ALLOWED_DOMAINS = []
    settings.DIRECTORY = replace(settings.DIRECTORY, id_attributes=("telephoneNumber",))
    assert "provide a permanent ID" in by_page("frieda")[1]


def test_who_waits_for_approval_or_is_switched_off_is_told(by_name: DirectoryServer, settings: Settings) -> None:
    settings.REGISTRATION_APPROVAL = True
    assert by_api("frieda") == (403, "An administrator hasn't approved your account yet.")
    User.objects.filter(email="frieda@example.org").update(waits_for_approval=False, is_active=False)
    assert by_api("frieda") == (403, "This account is disabled.")


def active_directory(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Let the directory answer to people as Active Directory does."""
    comment = f"80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data {code}, v4563\0"
    refusing_people(monkeypatch, 49, comment)


def refusing_people(monkeypatch: pytest.MonkeyPatch, result: int, message: str) -> None:
    """Let the directory answer so to everybody who brings a password of their own."""
    # What imports ldap3 does so where its warnings are expected.
    from ldap3.core.exceptions import LDAPOperationResult  # noqa: PLC0415

    from accounts.identity import directory  # noqa: PLC0415

    real = directory._connection

    def connect(where: Directory, dn: str, password: str) -> Any:
        if dn != READER:
            raise LDAPOperationResult(result=result, message=message)
        return real(where, dn, password)

    monkeypatch.setattr(directory, "_connection", connect)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("530", "to sign in at this time"), ("531", "from this site"), ("532", "has expired. Change it there"),
        ("533", "account is disabled"), ("701", "Your directory account has expired"),
        ("773", "requires you to change your password"),
    ],
)  # fmt: skip
def test_active_directory_says_why_a_right_password_opens_nothing(
    by_name: DirectoryServer, monkeypatch: pytest.MonkeyPatch, code: str, sentence: str
) -> None:
    active_directory(monkeypatch, code)
    status, page = by_page("frieda")
    assert (status, sentence in page) == (403, True)
    status, message = by_api("frieda")
    assert (status, sentence in message) == (403, True)
    assert not User.objects.filter(provider="ldap").exists()


@pytest.mark.security
@pytest.mark.parametrize("code", ["525", "52e", "52E", "775", "999", "0"])
def test_what_active_directory_says_to_a_guess_is_kept(
    by_name: DirectoryServer, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    active_directory(monkeypatch, code)
    assert by_api("frieda") == (404, "Wrong username or password.")


@pytest.mark.security
@pytest.mark.parametrize("code", [19, 32, 48, 50, 53])
def test_a_directory_that_is_well_and_refuses_one_person_is_not_silent(
    by_name: DirectoryServer, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    refusing_people(monkeypatch, code, "Exceed password retry limit. Contact system administrator to reset.")
    assert by_api("frieda") == (404, "Wrong username or password.")


@pytest.mark.parametrize("code", [8, 13, 51, 52, 80])
def test_a_directory_that_cannot_check_is_silent(
    by_name: DirectoryServer, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    refusing_people(monkeypatch, code, "not now")
    assert "isn't responding" in by_api("frieda")[1]


def test_an_answer_from_elsewhere_is_none(directory: DirectoryServer, settings: Settings) -> None:
    settings.DIRECTORY = replace(settings.DIRECTORY, base="dc=elsewhere,dc=net")
    assert "isn't responding" in by_api("lina@example.org")[1]


def test_a_local_account_with_the_same_password_still_opens(
    client: Client, directory: DirectoryServer, make_user: Any
) -> None:
    local = make_user("Lina Local", email="lina@example.org")
    local.set_password(PASSWORD)
    local.save()
    assert enter(client, "lina@example.org")["Location"] == "/c/new"
    assert user_of(client) == local


def test_a_directory_that_is_silent_is_named_so(client: Client, directory: DirectoryServer, settings: Settings) -> None:
    settings.DIRECTORY = replace(settings.DIRECTORY, url="ldap://127.0.0.1:9")
    assert "The directory that checks passwords isn't responding." in by_page("lina@example.org")[1]
    assert by_api("lina@example.org") == (
        404, "The directory that checks passwords isn't responding. Try again later.",
    )  # fmt: skip


@pytest.mark.parametrize("trouble", ["part", "fault"])
def test_groups_stay_as_they_were_where_the_directory_does_not_tell_all(
    client: Client, directory: DirectoryServer, settings: Settings, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    enter(client, "lina@example.org")
    user = user_of(client)
    before = list(Membership.objects.filter(user=user).values_list("group__name", flat=True).order_by("group__name"))
    client.logout()
    if trouble == "part":
        monkeypatch.setattr("accounts.identity.directory.MAX_GROUPS", 1)
    else:
        settings.DIRECTORY = replace(settings.DIRECTORY, group_base="ou=gone,dc=example,dc=org")
    assert enter(client, "lina@example.org")["Location"] == "/c/new"
    after = list(Membership.objects.filter(user=user).values_list("group__name", flat=True).order_by("group__name"))
    assert after == before == ["blue", "red"]
