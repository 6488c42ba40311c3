"""Cases 19 to 22: fields that re-own, bodies that break, ids that are none, and what a refusal repeats."""

from typing import Any
from urllib.parse import quote

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from tests.api.conftest import Api, bearer
from tests.cast import signed_in
from tests.security.conftest import everything, places_of
from tests.security.routes import all_routes
from tests.security.writers import Writer, all_writers, good_body

pytestmark = [
    pytest.mark.security,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("stream_threads", "somewhere"),
]
Belongings = dict[str, Any]
RE_OWNING = ("id", "_id", "user", "owner", "owner_id", "author", "tenant", "role", "is_staff", "isAdmin", "balance",
             "credits", "created_at", "createdAt", "updatedAt", "storage_key", "expires_at", "expiredAt", "tenantId",
             "createdBy", "is_superuser", "tokenCredits")  # fmt: skip
BROKEN = {
    "empty": b"",
    "null": b"null",
    "list": b"[]",
    "text": b'"x"',
    "number": b"1",
    "deep": b'{"a": ' * 200 + b"1" + b"}" * 200,
    "bottomless": b"[" * 200_000,
    "twice": b'{"text": "a", "text": "b"}',
    "nan": b'{"text": NaN}',
    "surrogate": b'{"text": "\\ud800"}',
    "nul": b'{"text": "\\u0000"}',
    "not utf-8": b'{"text": "\xff\xfe"}',
    "ten megabytes": b'{"text": "' + b"x" * 10_000_000 + b'"}',
    "markup": b"{<script>alert(1)</script>",
}
NO_IDS: list[Any] = [{"$gt": ""}, ["x"], 1.5, 10**30, "../", True, "0", "{UPPER}", "{id} ", "{id}\u0000", "{{id}}"]


@pytest.mark.parametrize("field", RE_OWNING)
def test_a_field_that_is_nobodys_to_write_is_refused(
    field: str, owner: User, admin_user: User, belongings: Belongings
) -> None:
    writers = [writer for writer in all_writers(owner, **places_of(belongings)) if writer.takes_body]
    assert len(writers) >= 5
    before = everything()
    for writer in writers:
        body = good_body(writer, str(belongings["conversation"].id))
        if field in body:
            continue  # it is this writer's own
        tries = [{**body, field: "x"}]
        if isinstance(body.get("arg"), dict):
            tries.append({"arg": {**body["arg"], field: "x"}})
        for attempt in tries:
            answer = writer.by(owner, admin_user).send(writer.method, writer.path, attempt)
            assert answer.status_code == 400, (writer, attempt, answer.content)
    assert everything() == before


def test_a_field_that_is_only_unknown_is_no_reason_to_refuse(
    owner: User, admin_user: User, belongings: Belongings
) -> None:
    for writer in [writer for writer in all_writers(owner, **places_of(belongings)) if writer.takes_body]:
        if writer.template == "/api/roles/{name}/{kind}":
            continue  # its fields are the bits themselves
        cache.clear()
        body = good_body(writer, str(belongings["conversation"].id)) | {"somethingNewer": {"of": ["a", 1]}}
        answer = writer.by(owner, admin_user).send(writer.method, writer.path, body)
        assert b"somethingNewer" not in answer.content, (writer, answer.content)
        assert b"Extra" not in answer.content, (writer, answer.content)


@pytest.mark.parametrize("name", BROKEN)
def test_a_body_that_breaks_is_refused(name: str, owner: User, admin_user: User, belongings: Belongings) -> None:
    writers = [writer for writer in all_writers(owner, **places_of(belongings)) if writer.takes_body]
    before = everything()
    for writer in writers:
        answer = writer.by(owner, admin_user).raw(writer.method, writer.path, BROKEN[name])
        assert 400 <= answer.status_code < 500, (writer, answer.status_code)
        assert answer["Content-Type"] == "application/json"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert b"<script" not in answer.content
        if name == "ten megabytes":
            assert answer.status_code == 413
    assert everything() == before
    assert Api(owner).get("/api/user").status_code == 200


@pytest.mark.parametrize("name", BROKEN)
def test_pages_survive_it_too(name: str, owner: User, belongings: Belongings) -> None:
    client = signed_in(owner)
    ids = {"conversation_id": belongings["conversation"].id, "message_id": belongings["reply"].id,
           "run_id": belongings["run"].id}  # fmt: skip
    harmless = {"account_logout", "admin:logout", "chat:delete", "chat:stop"}  # these need no body to do their work
    for route in all_routes():
        if route.is_api or route.is_admin or route.name in harmless:
            continue
        for kind in ("application/json", "application/x-www-form-urlencoded"):
            answer = client.generic("POST", route.url(**ids), BROKEN[name], kind)
            assert answer.status_code < 500, (route, answer.status_code)
            assert b"<script>alert" not in answer.content


def test_every_id_in_a_body_must_be_one(owner: User, admin_user: User, belongings: Belongings) -> None:
    real = str(belongings["conversation"].id)
    names = (
        "conversationId",
        "parentMessageId",
        "overrideParentMessageId",
        "messageId",
        "streamId",
        "abortKey",
        "userId",
    )
    before = everything()
    tried = 0
    for writer in all_writers(owner, **places_of(belongings)):
        if not writer.takes_body:
            continue
        body = good_body(writer, real)
        for bad in NO_IDS:
            cache.clear()  # what is limited refuses for another reason soon
            value = bad
            if isinstance(bad, str):
                value = bad.replace("{UPPER}", real.upper()).replace("{id}", real)
            inner = body.get("arg", body)
            # What is said to a run, or waits for it, has no id that a client may choose.
            of_messages = "text" in inner and not {"steer", "queued-turns"} & set(writer.template.split("/"))
            for name in {*names} & {*inner, *(("parentMessageId", "messageId") if of_messages else ())}:
                changed = {**inner, name: value}
                sent = {"arg": changed} if "arg" in body else changed
                answer = writer.by(owner, admin_user).send(writer.method, writer.path, sent)
                refused = {400, 404} | ({403} if writer.template == "/api/auth/resetPassword" else set())  # it is off
                assert answer.status_code in refused, (writer, name, value, answer.status_code)
                tried += 1
    assert tried > 50
    assert everything() == before


@pytest.mark.parametrize("bad", ["{UPPER}", "{id}%20", "%20{id}", "..", "%2e%2e%2f", "%00", "0", "1e9", "{$gt:1}", "🦊",
                                 "a" * 5_000, "%ff"])  # fmt: skip
def test_every_id_in_an_address_must_be_one(bad: str, owner: User, belongings: Belongings) -> None:
    real = str(belongings["conversation"].id)
    value = bad.replace("{UPPER}", real.upper()).replace("{id}", real)
    client = Client(raise_request_exception=False, headers=bearer(owner))
    client.force_login(owner)
    before = everything()
    for route in all_routes():
        if not route.kinds or route.name in {"api:chat_start_at", "api:key"}:  # these take the name of an endpoint
            continue
        template = route.path
        for name in route.kinds:
            template = template.replace(f"{{{name}}}", "\x01")
        url = quote(template.replace("\x01", value), safe="/%$:{}")
        for method in ("GET", "POST", "DELETE"):
            answer = client.generic(method, url, b"{}", "application/json")
            leads_away = route.is_admin or route.name.startswith(("mfa_", "api:role"))  # to the question who it is
            allowed = {400, 404, 405} | ({302, 403} if leads_away else set())
            assert answer.status_code in allowed, (method, route.path, answer.status_code)
    assert everything() == before


def test_a_writer_needs_a_good_body_in_the_table(owner: User) -> None:
    """So that a new writer joins these tests."""
    for writer in all_writers(owner):
        if writer.takes_body:
            assert good_body(writer, "x")


def test_a_writer_without_a_body_ignores_one(owner: User) -> None:
    for writer in [writer for writer in all_writers(owner) if not writer.takes_body]:
        for raw in (b"[]", BROKEN["bottomless"], BROKEN["markup"]):
            status = Api(owner).raw(writer.method, writer.path, raw).status_code
            assert status < 500, writer


def test_the_table_is_used(owner: User) -> None:
    assert Writer("POST", "/api/agents/chat", True, "/api/agents/chat") in all_writers(owner)
