"""What a request body may be, and what an answer to a bad one says."""

import pytest
from django.conf import settings
from django.db import OperationalError
from rest_framework.exceptions import ParseError

from accounts.models import User
from api.base.parsers import DEEPEST, parse_object
from tests.api.conftest import Api


def test_an_object_is_read() -> None:
    assert parse_object('{"a": {"b": ["ü", 1, 2.5, null, true]}}'.encode()) == {"a": {"b": ["ü", 1, 2.5, None, True]}}


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"null", b"[]", b'"x"', b"1", b"{", b"{}x", b'{"a": NaN}', b'{"a": -Infinity}', b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}', b'{"a": "\\ud800"}', b'{"\\udfff": 1}', b'{"a": "\\u0000"}', b'{"a": ["\\u0000"]}',
        b'{"a": "\xff"}', b"\xef\xbb\xbf{}", b'{"a": ' + b"[" * 200 + b"]" * 200 + b"}",
        b'{"a": ' * 100_000 + b"1" + b"}" * 100_000, b"[" * 500_000, b'{"a": ' + b"9" * 5_000 + b"}",
    ],
    ids=repr,
)  # fmt: skip
def test_what_readers_disagree_about_is_refused(raw: bytes) -> None:
    with pytest.raises(ParseError):
        parse_object(raw)


def test_depth_is_counted_to_the_limit() -> None:
    deepest = DEEPEST - 2
    assert parse_object(b'{"a": ' + b"[" * deepest + b"]" * deepest + b"}")


@pytest.mark.django_db
def test_malformed_json_is_not_echoed(owner: User) -> None:
    answer = Api(owner).raw("POST", "/api/convos/update", b"{<script>alert(1)</script>")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/json"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert set(answer.json()) == {"error", "message"}
    assert b"script" not in answer.content


@pytest.mark.django_db
def test_more_than_three_megabytes_is_too_much(owner: User) -> None:
    largest = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    answer = Api(owner).raw("POST", "/api/convos/update", b'{"a": "' + b"x" * largest + b'"}')
    assert (answer.status_code, list(answer.json())) == (413, ["error"])


@pytest.mark.django_db
def test_another_content_type_is_refused(owner: User) -> None:
    api = Api(owner)
    for kind in ("text/plain", "application/xml", "multipart/form-data"):
        answer = api.client.generic("POST", "/api/convos/update", b"arg=1", kind, headers=api.headers)
        assert answer.status_code == 415, kind


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_an_address_that_is_none_answers_in_json(owner: User, method: str) -> None:
    for path in ("/api/", "/api/nothing", "/api/convos/../x", "/api/agents"):
        answer = Api(owner).send(method, path)
        assert answer.status_code == 404, path
        assert list(answer.json()) == ["message"]


@pytest.mark.django_db
def test_a_fault_of_ours_says_nothing_of_itself(
    owner: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("chat.services.organise.conversations.page", broken)
    answer = Api(owner).get("/api/convos")
    assert (answer.status_code, list(answer.json())) == (500, ["error"])
    assert b"secret" not in answer.content
    assert "secret detail" in caplog.text


@pytest.mark.django_db
def test_a_database_that_is_away_is_said_and_to_be_tried_again(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**_: object) -> None:
        raise OperationalError("the connection is lost")

    monkeypatch.setattr("chat.services.organise.conversations.page", away)
    answer = Api(owner).get("/api/convos")
    assert (answer.status_code, answer["Retry-After"], list(answer.json())) == (503, "1", ["error"])
