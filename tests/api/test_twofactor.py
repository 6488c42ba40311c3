"""The second factor over the API (`/api/auth/2fa`)."""

import re
from datetime import timedelta
from typing import Any

import jwt
import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as django_settings
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts.models import RefreshSession, User
from accounts.services import tokens, twofactor
from tests.api.conftest import Api, bearer
from tests.cast import PASSWORD, code_of

pytestmark = pytest.mark.django_db
ON = "/api/auth/2fa"


@pytest.fixture
def client_api(owner: User) -> Api:
    return Api.by_password(owner)


def login(user: User) -> Any:
    return Api().post("/api/auth/login", {"email": user.email, "password": PASSWORD}).json()


def set_up(api: Api) -> tuple[str, list[str]]:
    """Turn it on with a code of the step before this one; return the secret and the backup codes."""
    body = api.post(f"{ON}/enable", {}).json()
    secret = re.search(r"secret=([A-Z2-7]+)&", body["otpauthUrl"])
    assert secret is not None
    assert api.post(f"{ON}/confirm", {"token": code_of(secret[1], -1)}).status_code == 200
    return secret[1], body["backupCodes"]


def test_it_is_set_up_in_two_steps(client_api: Api, owner: User) -> None:
    answer = client_api.post(f"{ON}/enable", {})
    body = answer.json()
    assert (answer.status_code, set(body)) == (200, {"otpauthUrl", "backupCodes"})
    assert body["otpauthUrl"].startswith(f"otpauth://totp/Parley:{owner.email}?secret=")
    assert body["otpauthUrl"].endswith("&issuer=Parley")
    assert len(set(body["backupCodes"])) == 10
    assert all(re.fullmatch(r"[0-9a-f]{8}", code) for code in body["backupCodes"])
    assert not twofactor.is_on(owner)
    secret = re.search(r"secret=([A-Z2-7]+)", body["otpauthUrl"])[1]  # type: ignore[index]
    assert client_api.post(f"{ON}/verify", {"token": "000000"}).status_code == 400
    assert client_api.post(f"{ON}/verify", {"token": code_of(secret)}).content == b""
    assert client_api.post(f"{ON}/confirm", {"token": "000000"}).status_code == 400
    confirmed = client_api.post(f"{ON}/confirm", {"token": code_of(secret)})
    assert (confirmed.status_code, confirmed.content) == (200, b"")
    assert client_api.get("/api/user").json()["twoFactorEnabled"] is True


def test_signing_in_then_takes_two_steps(client_api: Api, owner: User) -> None:
    secret, codes = set_up(client_api)
    pending = login(owner)
    assert set(pending) == {"twoFAPending", "tempToken"}
    claims = jwt.decode(pending["tempToken"], django_settings.JWT_SECRET, algorithms=["HS256"])
    assert (claims["userId"], claims["twoFAPending"], claims["exp"] - claims["iat"]) == (str(owner.id), True, 300)
    temp = {"tempToken": pending["tempToken"]}
    api = Api()
    assert api.post(f"{ON}/verify-temp", {**temp, "token": "000000"}).status_code == 401
    answer = api.post(f"{ON}/verify-temp", {**temp, "token": code_of(secret)})
    assert set(answer.json()) == {"token", "user"}
    assert api.client.cookies["refreshToken"]["httponly"]
    assert Api().post(f"{ON}/verify-temp", {**temp, "backupCode": codes[0]}).status_code == 200


@pytest.mark.security
def test_each_code_opens_once(client_api: Api, owner: User) -> None:
    """Security case 55."""
    secret, codes = set_up(client_api)
    for body in ({"token": code_of(secret)}, {"backupCode": codes[0]}):
        statuses = [
            Api().post(f"{ON}/verify-temp", {"tempToken": login(owner)["tempToken"], **body}).status_code
            for _ in range(2)
        ]
        assert statuses == [200, 401]


@pytest.mark.security
def test_the_token_of_the_first_step_opens_nothing_else(client_api: Api, owner: User) -> None:
    set_up(client_api)
    api = Api()
    api.headers = {"Authorization": f"Bearer {login(owner)['tempToken']}"}
    assert api.get("/api/user").status_code == 401
    api.client.cookies["refreshToken"] = login(owner)["tempToken"]
    assert api.send("POST", "/api/auth/refresh").status_code == 403


@pytest.mark.security
def test_no_other_token_passes_for_that_of_the_first_step(client_api: Api, owner: User) -> None:
    """Security case 58."""
    _secret, codes = set_up(client_api)
    now = timezone.now()
    claims = {"userId": str(owner.id), "twoFAPending": True, "iat": now, "exp": now + timedelta(minutes=5)}
    forged = [
        "x", bearer(owner)["Authorization"].split()[1], tokens.open_session(user=owner).token,
        jwt.encode(claims, django_settings.JWT_SECRET, algorithm="HS256"),
        jwt.encode(claims, django_settings.JWT_REFRESH_SECRET, algorithm="HS256"),
    ]  # fmt: skip
    for token in forged:
        assert Api().post(f"{ON}/verify-temp", {"tempToken": token, "backupCode": codes[0]}).status_code == 401
    assert Api().post(f"{ON}/verify-temp", {"backupCode": codes[0]}).status_code == 400


@pytest.mark.security
def test_a_changed_password_ends_the_first_step(client_api: Api, owner: User) -> None:
    _secret, codes = set_up(client_api)
    temp = login(owner)["tempToken"]
    owner.set_password("another-horse-battery")
    owner.save()
    assert Api().post(f"{ON}/verify-temp", {"tempToken": temp, "backupCode": codes[0]}).status_code == 401


@pytest.mark.security
def test_the_second_step_is_slowed_down(client_api: Api, owner: User) -> None:
    secret, _codes = set_up(client_api)
    temp = login(owner)["tempToken"]
    statuses = [
        Api().raw(
            "POST", f"{ON}/verify-temp", f'{{"tempToken": "{temp}", "token": "000000"}}'.encode(),
            **{"X-Forwarded-For": f"10.0.0.{n}"},
        ).status_code
        for n in range(8)
    ]  # fmt: skip
    assert (statuses[0], statuses[-1]) == (401, 429)
    assert Api().post(f"{ON}/verify-temp", {"tempToken": temp, "token": code_of(secret)}).status_code == 429


@pytest.mark.security
def test_turning_it_on_or_off_ends_all_other_sessions(client_api: Api, owner: User) -> None:
    browser, other = Client(), Api.by_password(owner)
    browser.post("/login", {"login": owner.email, "password": PASSWORD})
    _secret, codes = set_up(client_api)
    assert browser.get("/api/user").status_code == 401
    assert other.get("/api/user").status_code == 401
    assert client_api.get("/api/user").status_code == 200
    tokens.open_session(user=owner)
    assert client_api.post(f"{ON}/disable", {"backupCode": codes[0]}).status_code == 200
    assert RefreshSession.objects.count() == 1
    assert client_api.get("/api/user").json()["twoFactorEnabled"] is False
    assert not Authenticator.objects.exists()


@pytest.mark.security
@pytest.mark.parametrize("act", ["disable", "backup/regenerate", "enable"])
def test_what_matters_asks_for_a_code(act: str, client_api: Api, owner: User) -> None:
    set_up(client_api)
    before = list(Authenticator.objects.order_by("id").values("type", "data"))
    assert client_api.post(f"{ON}/{act}", {}).status_code == 400
    assert client_api.post(f"{ON}/{act}", {"token": "000000"}).status_code == 401
    assert client_api.post(f"{ON}/{act}", {"backupCode": "00000000"}).status_code == 401
    assert list(Authenticator.objects.order_by("id").values("type", "data")) == before


@pytest.mark.security
def test_a_sign_in_of_long_ago_cannot_set_it_up(client_api: Api, owner: User) -> None:
    RefreshSession.objects.update(created_at=timezone.now() - timedelta(minutes=11))
    assert client_api.post(f"{ON}/enable", {}).status_code == 403
    assert Api(owner).post(f"{ON}/enable", {}).status_code == 403


def test_new_backup_codes_replace_the_old(client_api: Api, owner: User) -> None:
    _secret, codes = set_up(client_api)
    answer = client_api.post(f"{ON}/backup/regenerate", {"backupCode": codes[0]})
    body = answer.json()
    assert set(body) == {"backupCodes", "backupCodesHash"}
    assert body["backupCodesHash"][0] == {
        "codeHash": twofactor.hash_of(body["backupCodes"][0]), "used": False, "usedAt": None,
    }  # fmt: skip
    assert client_api.post(f"{ON}/verify", {"backupCode": codes[1]}).status_code == 400
    assert client_api.post(f"{ON}/verify", {"backupCode": body["backupCodes"][1]}).status_code == 200


@pytest.mark.parametrize(("act", "status"), [("verify", 400), ("confirm", 400), ("disable", 400),
                                             ("backup/regenerate", 404)])  # fmt: skip
def test_without_it_there_is_nothing_to_do(act: str, status: int, client_api: Api) -> None:
    assert client_api.post(f"{ON}/{act}", {"token": "000000"}).status_code == status


def test_a_new_app_replaces_the_old_one_when_it_is_confirmed(client_api: Api, owner: User) -> None:
    old, codes = set_up(client_api)
    begun = client_api.post(f"{ON}/enable", {"backupCode": codes[0]}).json()
    new = re.search(r"secret=([A-Z2-7]+)", begun["otpauthUrl"])[1]  # type: ignore[index]
    twofactor.spend(user=owner, code=codes[1])
    assert client_api.post(f"{ON}/confirm", {"token": code_of(new)}).status_code == 200
    with pytest.raises(twofactor.WrongCode):
        twofactor.spend(user=owner, code=code_of(old))
    assert Authenticator.objects.filter(user=owner).count() == 2


def test_what_the_api_set_up_the_page_asks_for(client_api: Api, owner: User) -> None:
    secret, _codes = set_up(client_api)
    client = Client()
    assert client.post("/login", {"login": owner.email, "password": PASSWORD})["Location"] == "/login/code"
    assert client.post("/login/code", {"code": code_of(secret)}).status_code == 302


@pytest.mark.security
def test_the_secret_that_waits_is_encrypted(client_api: Api, owner: User) -> None:
    url = client_api.post(f"{ON}/enable", {}).json()["otpauthUrl"]
    secret = re.search(r"secret=([A-Z2-7]+)", url)[1]  # type: ignore[index]
    assert secret not in cache.get(f"twofactor.waiting:{owner.id}")
