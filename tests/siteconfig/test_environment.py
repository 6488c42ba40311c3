"""Typed reading of variables: what is meant, and what stops the start."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from siteconfig.environment.reader import Environment

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> Environment:
    monkeypatch.setattr(os, "environ", os.environ.copy())  # what is read from a file is put there
    monkeypatch.delenv("X", raising=False)
    return Environment()


@pytest.mark.parametrize("word", ["true", "True", "TRUE", "yes", "on", "ON", "1", "y", "t", " true ", "true\r"])
@pytest.mark.parametrize("default", [True, False])
def test_yes_is_yes(env: Environment, monkeypatch: pytest.MonkeyPatch, word: str, default: bool) -> None:
    monkeypatch.setenv("X", word)
    assert env.switch("X", default) is True
    env.check()


@pytest.mark.parametrize("word", ["false", "False", "no", "NO", "off", "0", "n", "f", "\tno"])
@pytest.mark.parametrize("default", [True, False])
def test_no_is_no(env: Environment, monkeypatch: pytest.MonkeyPatch, word: str, default: bool) -> None:
    monkeypatch.setenv("X", word)
    assert env.switch("X", default) is False
    env.check()


@pytest.mark.parametrize("nothing", [None, "", "  ", "\n"])
def test_nothing_is_the_default(env: Environment, monkeypatch: pytest.MonkeyPatch, nothing: str | None) -> None:
    if nothing is not None:
        monkeypatch.setenv("X", nothing)
    assert (env.switch("X", True), env.switch("X", False)) == (True, False)
    assert env.whole("X", 7) == 7
    assert env.text("X", "d") == "d"
    assert env.words("X", ("a",)) == ("a",)
    assert env.choice("X", "INFO", ("INFO",)) == "INFO"
    assert env.site("X", "http://a:1") == "http://a:1"
    assert env.file("X") == env.file_text("X") == ""
    env.check()


@pytest.mark.parametrize(
    "word", ["ture", "on please", "true # comment", "'true'", "2", "-1", "nope", "yes!", "${X}", "ja", "truе"]
)
@pytest.mark.parametrize("default", [True, False])
def test_a_switch_that_is_neither_stops_the_start(
    env: Environment, monkeypatch: pytest.MonkeyPatch, word: str, default: bool
) -> None:
    monkeypatch.setenv("X", word)
    assert env.switch("X", default) is default, "and is never off by itself"
    with pytest.raises(ImproperlyConfigured, match=r"^X must be true or false") as refusal:
        env.check()
    assert word not in str(refusal.value)


@pytest.mark.parametrize(
    ("word", "number"),
    [("5", 5), (" 5\r", 5), ("0", 0), ("1000 * 60 * 15", 900_000), ("(1000 * 60 * 60 * 24) * 7", 604_800_000),
     ("7_200_000", 7_200_000), ("10-3", 7)],
)  # fmt: skip
def test_a_number_may_be_a_product(env: Environment, monkeypatch: pytest.MonkeyPatch, word: str, number: int) -> None:
    monkeypatch.setenv("X", word)
    assert env.whole("X", 1) == number
    env.check()


@pytest.mark.parametrize(
    "word",
    ["5 an hour", "5.5", "five", "-1", "true", "2**99", "5 # times", "1e3", "101", "(", "5,000", "9" * 90],
)
def test_a_number_that_is_none_stops_the_start(env: Environment, monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setenv("X", word)
    assert env.whole("X", 7, most=100) == 7
    with pytest.raises(ImproperlyConfigured, match=r"^X must be a whole number from 0 to 100$"):
        env.check()


@pytest.mark.parametrize(
    ("read", "word", "fault"),
    [
        (lambda env: env.choice("X", "", ("starttls", "tls")), "ssl", "must be one of starttls, tls"),
        (lambda env: env.site("X", "http://a"), "chat.example.org", "must be an address"),
        (lambda env: env.site("X", "http://a"), "https://", "must be an address"),
        (lambda env: env.site("X", "http://a"), "https://a:port", "must be an address"),
        (lambda env: env.file("X"), "/no/such/file", "must be the path"),
        (lambda env: env.file_text("X"), "/", "must be the path"),
    ],
)
def test_other_nonsense_stops_the_start(
    env: Environment, monkeypatch: pytest.MonkeyPatch, read: Any, word: str, fault: str
) -> None:
    monkeypatch.setenv("X", word)
    read(env)
    with pytest.raises(ImproperlyConfigured, match=f"^X {fault}"):
        env.check()


def test_lists_have_blanks_around_their_commas(env: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", " a.example.org , b.example.org,,a.example.org ")
    assert env.words("X") == ("a.example.org", "b.example.org")


def test_an_address_is_the_same_however_it_is_written(env: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", "HTTPS://chat.example.org/")
    assert env.site("X", "") == "https://chat.example.org"


def test_a_password_stays_as_it_is(env: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", ' $a "b" # c \n')
    assert env.secret("X") == ' $a "b" # c '


def test_the_environment_wins_over_a_file(env: Environment, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"\xef\xbb\xbfX=file # words\r\nY_OF_A_FILE=2\r\n")
    os.environ["X"] = "outside"
    env.read_file(file)
    assert (env.text("X"), env.whole("Y_OF_A_FILE", 1)) == ("outside", 2)
    env.read_file(tmp_path / "none.env")
    env.check()


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"A=\xff\xfe", ".env is not text in UTF-8"),
        ("A=b".encode("utf-16"), ".env is not text in UTF-8"),
        (b"SPACED = s3cret", ".env, line 1 is not NAME=value"),
    ],
)
def test_a_file_that_cannot_be_read_stops_the_start(
    env: Environment, tmp_path: Path, content: bytes, fault: str
) -> None:
    file = tmp_path / ".env"
    file.write_bytes(content)
    env.read_file(file)
    with pytest.raises(ImproperlyConfigured, match=fault) as refusal:
        env.check()
    assert "s3cret" not in str(refusal.value)


def test_a_folder_in_the_place_of_a_file_stops_the_start(env: Environment, tmp_path: Path) -> None:
    env.read_file(tmp_path)
    with pytest.raises(ImproperlyConfigured, match="cannot be read: Is a directory"):
        env.check()


def test_what_others_left_of_their_own_file_is_told(env: Environment, tmp_path: Path) -> None:
    """`docker run --env-file` takes neither quotes nor comments off."""
    os.environ |= {"X": '"sk-1"', "Y": "https://a.example # ours", "Z": "plain#1"}
    for name in "XYZ":
        env.text(name)
    os.environ["W"] = "'s3cret'"
    env.secret("W")
    notices = env.suspicious()
    assert [notice.split()[0] for notice in notices] == ["W", "X", "Y"]
    assert "sk-1" not in "".join(notices)
    assert "s3cret" not in "".join(notices)


# --- programs, each in a process of its own ------------------------------------------------------------

WRONG = {
    "LDAP_TLS_REJECT_UNAUTHORIZED": "ture",
    "ALLOW_REGISTRATION": "on please",
    "REGISTER_MAX": "5 an hour",
    "OPENID_USE_PKCE": "maybe",
    "SAML_USE_AUTHN_RESPONSE_SIGNED": "perhaps",
    "SESSION_COOKIE_SECURE": "true # over TLS only",
    "EMAIL_ALLOW_SELFSIGNED": "s3cret",
    "DOMAIN_SERVER": "chat.example.org",
    "DATABASE_URL": "mysql://u:s3cret@h/d",
    "REDIS_URL": "http://:s3cret@h",
    "LOG_LEVEL": "loud",
    "LIMIT_MESSAGE_IP": "sometimes",
    "TRUST_PROXY": "true",
}


def program(*command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=os.environ | variables, capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize(
    "command",
    [
        ("manage.py", "up"),
        ("manage.py", "doctor"),
        ("-m", "celery", "-A", "config", "worker"),
        ("-m", "daphne", "-p", "1", "config.asgi:application"),
    ],
    ids=lambda command: command[1],
)
def test_every_fault_is_told_at_once_and_without_a_stack_trace(command: tuple[str, ...]) -> None:
    done = program(*command, **WRONG)
    assert done.returncode == 1
    output = done.stdout + done.stderr
    assert output.startswith("Parley cannot start:\n")
    assert {line.split()[0] for line in output.splitlines()[1:]} == set(WRONG)
    assert "Traceback" not in output
    assert "s3cret" not in output


def test_a_switch_of_a_provider_is_checked_at_the_start_too() -> None:
    done = program("manage.py", "check", GOOGLE_AUTH_HEADER="ture")
    assert done.returncode == 1
    assert "GOOGLE_AUTH_HEADER must be true or false" in done.stderr
    assert "Traceback" not in done.stderr


def test_comments_turn_no_safety_off(tmp_path: Path) -> None:
    (tmp_path / "runtime.env").write_bytes(
        b'LDAP_URL=ldaps://directory.example.org  # ours\r\nLDAP_USER_SEARCH_BASE="ou=people" # all\r\n'
        b"LDAP_TLS_REJECT_UNAUTHORIZED=true  # never turn this off\r\nSESSION_COOKIE_SECURE=true # over TLS only\r\n"
        b"ALLOW_REGISTRATION=true   # for everybody\r\nOPENID_GENERATE_NONCE=\r\n"
    )
    names = "DIRECTORY.url DIRECTORY.base DIRECTORY.verify SESSION_COOKIE_SECURE CSRF_COOKIE_SECURE ALLOW_REGISTRATION"
    code = f"import config.settings as s; print({', '.join(f's.{name}' for name in names.split())})"
    done = program("-c", code, PARLEY_DATA=str(tmp_path))
    assert done.stdout.split() == ["ldaps://directory.example.org", "ou=people", "True", "True", "True", "True"]
