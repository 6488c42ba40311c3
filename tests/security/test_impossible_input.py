"""What no request can mean, in every place of every route: refused with 4xx, and never a fault of ours."""

import re
from itertools import cycle
from typing import Any
from unittest.mock import AsyncMock
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Banner, Group, Invitation, Role, User
from billing.models import Price
from core.http import edge
from endpoints.catalog import stored_endpoints
from tests.cast import signed_in
from tests.security.conftest import everything, places_of
from tests.security.routes import Route, all_routes

pytestmark = [
    pytest.mark.security,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("stream_threads", "somewhere"),
]
Belongings = dict[str, Any]
NUL = "a\x00b"
TEXTS = {
    "nul": NUL, "huge": str(10**40), "negative": "-1", "not a number": "nan", "infinite": "1e999", "long": "x" * 20_000,
    "odd": "[]{}$'\"\\%s ²３ \u202e\ufeff\uffff",
}  # fmt: skip
QUERY = (
    "q", "cursor", "page", "limit", "pageSize", "sort", "sortBy", "sortDirection", "order", "endpoint", "model", "days",
    "at", "next", "all", "name", "tab", "prompt", "tags", "projectId", "isArchived", "isPinned", "search", "format",
    "conversationId", "messageId", "before", "after", "from", "to", "since", "until", "actor", "action", "target",
    "email", "token", "userId", "settings", "redirect", "spec", "o", "p", "e", "_popup", "_to_field",
    "_changelist_filters",
    "id__exact", "role__name__exact", "created_at__gte", "pk__in", "is_active__exact", "user", "seq", "source", "type",
    "resourceType", "offset", "month", "day", "period", "project", "tag", "archived", "message", "state", "code",
)  # fmt: skip
LEAVES = {"account_logout", "admin:logout", "account_delete"}  # these end what the others need


@pytest.fixture
def administrator(admin_user: User) -> Client:
    return signed_in(admin_user)


@pytest.fixture
def places(belongings: Belongings, owner: User) -> dict[str, str]:
    group = Group.objects.create(name="Some group")
    return places_of(belongings) | {
        "name": Role.USER, "user_id": str(owner.id), "group_id": str(group.id),
        "run_id": str(belongings["run"].id),
        "tag_id": str(belongings["tag"].id), "resource": "project", "verb": "pin", "endpoint": "Somewhere",
    }  # fmt: skip


def routes() -> list[Route]:
    return [route for route in all_routes() if route.name not in LEAVES]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_in_every_query(text: str, administrator: Client, places: dict[str, str]) -> None:
    query = "&".join(f"{name}={quote(text)}" for name in QUERY)
    for route in routes():
        answer = administrator.get(f"{route.url(**places)}?{query}")
        assert answer.status_code < 500, (route, answer.status_code)
        if text == NUL:
            assert answer.status_code == 400, route


def test_in_one_field_of_the_lists(administrator: Client) -> None:
    """Alone, because what is refused first hides the rest."""
    lists = [f"/api/{name}" for name in ("convos", "messages", "projects", "admin/users", "admin/users/search",
                                         "admin/audit-log", "admin/groups", "admin/roles",
                                         "permissions/search-principals")]  # fmt: skip
    lists += ["/search", "/people", "/settings/usage", reverse("admin:accounts_user_changelist")]
    for name in QUERY:
        for path in lists:
            answer = administrator.get(path, {"q": "olivia", name: TEXTS["huge"]})
            assert answer.status_code < 500, (path, name)


@pytest.mark.parametrize("kind", ["StringConverter", "PathConverter", "SlugConverter", "IntConverter", "UUIDConverter"])
def test_in_every_address(kind: str, administrator: Client, places: dict[str, str]) -> None:
    tried = 0
    for route in routes():
        for name in [name for name, converter in route.kinds.items() if converter == kind]:
            for text in ("a\x00b", str(10**40), "x" * 5_000, "\ufffe", "%00"):
                url = quote(
                    route.path.format(
                        **{parameter: places.get(parameter, "1") for parameter in route.kinds} | {name: text}
                    )
                )
                for method in ("GET", "POST", "DELETE", "PUT"):
                    answer = administrator.generic(method, url, b"{}", "application/json")
                    assert answer.status_code < 500, (route, method, text)
                    tried += 1
    assert tried > 10


def fields_of(page: str) -> list[str]:
    return sorted(set(re.findall(r"<(?:input|select|textarea)[^>]*?\sname=\"([^\"]+)\"", page)))


def admin_pages() -> list[str]:
    """Return every form of the administration: to add, to change, and the lists with their actions."""
    pages = []
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        pages += [reverse(f"{name}_changelist"), reverse(f"{name}_add")]
        if (row := model._default_manager.first()) is not None:
            pages += [reverse(f"{name}_{action}", args=[row.pk]) for action in ("change", "delete", "history")]
    return pages


def garbage(fields: list[str], text: str) -> dict[str, str]:
    return {name: text for name in fields if name != "csrfmiddlewaretoken"} | {"unknown": text, text[:50]: text}


def plausible(fields: list[str], text: str) -> dict[str, str]:
    """Leave the counts of the sets of forms alone, so that the fields behind them are reached."""
    counts = {"TOTAL_FORMS": "3", "INITIAL_FORMS": "0", "MIN_NUM_FORMS": "0", "MAX_NUM_FORMS": "1000"}
    return garbage(fields, text) | {
        name: counts[end] for name in fields if (end := name.rpartition("-")[2]) in counts
    }  # fmt: skip


@pytest.mark.usefixtures("places")
def test_in_every_form_of_the_administration(administrator: Client, admin_user: User) -> None:
    some_of_each(admin_user)
    before = everything()
    others = cycle([text for text in TEXTS.values() if text != NUL])
    tried = 0
    for path in admin_pages():
        page = administrator.get(path)
        assert page.status_code < 500, path
        fields = fields_of(page.content.decode())
        answer = administrator.post(path, {**plausible(fields, NUL), "action": NUL})
        assert answer.status_code in {400, 403, 405}, (path, answer.status_code)
        assert everything() == before
        text = next(others)
        for form, extra in (
            (garbage(fields, text), {"action": text, "_selected_action": text}),
            (plausible(fields, text), {"_saveasnew": text, "_popup": text}),
        ):
            answer = administrator.post(path, {**form, **extra})
            assert answer.status_code < 500, (path, form, answer.content[:300])
            tried += 1
        before = everything()
    assert tried > 50


def some_of_each(administrator: User) -> None:
    Group.objects.get_or_create(name="Some group")
    Banner.objects.create(message="Look")
    Invitation.objects.create(email="new@example.org", token_hash="x", expires_at=timezone.now())
    Price.objects.create(model="tiny", prompt=1, completion=1)
    stored_endpoints.save(
        actor=administrator,
        entry=stored_endpoints.Entry(
            kind="custom", name="Lab", base_url="https://lab.example.com/v1", model_names=("tiny",)
        ),
    )


@pytest.mark.usefixtures("places")
def test_a_count_of_forms_that_lies(administrator: Client, admin_user: User) -> None:
    some_of_each(admin_user)
    counts = cycle([("1000000000", "0"), ("3", "1000000"), ("-5", "-5"), ("", ""), (str(10**40), "0")])
    for path in admin_pages():
        if path.endswith(("/delete/", "/history/")):
            continue  # no set of forms there
        fields = fields_of(administrator.get(path).content.decode())
        prefixes = {name.removesuffix("-TOTAL_FORMS") for name in fields if name.endswith("-TOTAL_FORMS")} | {"form"}
        for total, initial in (next(counts), next(counts)):
            lies = {f"{prefix}-TOTAL_FORMS": total for prefix in prefixes}
            lies |= {f"{prefix}-INITIAL_FORMS": initial for prefix in prefixes}
            for form in (lies, {**dict.fromkeys(fields, "1"), **lies}):
                answer = administrator.post(path, form)
                assert answer.status_code < 500, (path, form, answer.content[-500:])
                assert len(answer.content) < 2_000_000, path


def test_a_huge_number_of_fields(administrator: Client, owner: User, places: dict[str, str]) -> None:
    many = "&".join(f"f{number}=1" for number in range(20_000))
    parts = (
        "".join(f'--b\r\nContent-Disposition: form-data; name="f{n}"\r\n\r\n1\r\n' for n in range(5_000)) + "--b--\r\n"
    )
    files = parts.replace('"\r\n', '"; filename="x"\r\n')
    bodies = cycle([
        (many, "application/x-www-form-urlencoded"),
        (parts, "multipart/form-data; boundary=b"),
        (files, "multipart/form-data; boundary=b"),
    ])  # fmt: skip
    for route in routes():
        answer = administrator.generic("POST", route.url(**places), *next(bodies))
        assert answer.status_code < 500, (route, answer.status_code)
        assert administrator.get(f"{route.url(**places)}?{many}").status_code == 400, route


def test_in_every_form_of_the_pages(administrator: Client, owner: User, places: dict[str, str]) -> None:
    names = [*QUERY, "text", "title", "instructions", "ids", "picks"]
    others = cycle([text for text in TEXTS.values() if text != NUL])
    own = signed_in(owner)
    for route in [route for route in routes() if not route.is_api and not route.is_admin]:
        url = route.url(**places)
        page = own.get(url)
        field_names = fields_of(b"".join(page).decode(errors="replace") if page.streaming else page.content.decode())
        before = everything()
        answer = own.post(url, garbage(sorted({*field_names, *names}), NUL))
        assert answer.status_code in {302, 400, 403, 404, 405}, (route, answer.status_code)
        assert everything() == before, route
        for client, text in ((own, next(others)), (administrator, next(others))):
            answer = client.post(url, garbage(sorted({*field_names, *names}), text))
            assert answer.status_code < 500, (route, answer.status_code)


COOKIES = {"octal": '"a\\000b"', "plain": "a\x00b", "long": "x" * 4_000, "broken": '"', "text": "ÿ\x7f"}


@pytest.mark.parametrize("value", COOKIES.values(), ids=COOKIES)
def test_in_every_cookie(value: str, owner: User, places: dict[str, str]) -> None:
    names = (
        "sessionid",
        "csrftoken",
        "messages",
        "tz",
        "django_language",
        "refreshToken",
        "token_provider",
        "theme",
        "size",
        "x",
    )
    header = "; ".join(f"{name}={value}" for name in names)
    client = Client(raise_request_exception=False)
    for route in routes():
        for method in ("GET", "POST"):
            answer = client.generic(method, route.url(**places), b"{}", "application/json", HTTP_COOKIE=header)
            assert answer.status_code < 500, (route, method)


HEADERS = ("Authorization", "X-Api-Key", "Accept", "Accept-Language", "Accept-Encoding", "If-None-Match",
           "If-Modified-Since", "Range", "Referer", "Origin", "HX-Request", "HX-Target", "HX-Current-URL",
           "Last-Event-ID", "X-CSRFToken", "User-Agent", "X-Forwarded-For", "Content-Encoding")  # fmt: skip


def test_in_every_header(administrator: Client, places: dict[str, str]) -> None:
    values = (
        NUL,
        "Bearer " + NUL,
        "Bearer ÿ.ÿ.ÿ",
        "ÿþ",
        "x" * 8_000,
        "*/*;q=NaN,a/b/c;;;",
        "bytes=9-1,-5",
        '"',
        "Bearer pk-\ud800",
    )
    pairs = cycle([(name, value) for name in HEADERS for value in values])
    impossible = cycle(HEADERS)
    for route in routes():
        for name, value in (next(pairs), next(pairs), (next(impossible), NUL)):
            answer = administrator.get(route.url(**places), headers={name: value})
            assert answer.status_code < 500, (route, name, value)
            if "\x00" in value:
                assert answer.status_code == 400, (route, name)


CHARSETS = ("utf-7", "utf-16", "unicode_escape", "idna", "rot13", "undefined", "no-such", "\x00")


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"', "iso-8859-1", *CHARSETS])
async def test_in_the_charset(charset: str) -> None:
    """Django reads it before any middleware, and some make text of what is none, or fail."""
    heard = []

    async def app(*_: object) -> None:
        heard.append(200)

    async def send(message: Any) -> None:
        heard.append(message.get("status"))

    kind = f"application/x-www-form-urlencoded; charset={charset}".encode("latin-1")
    await edge.typed(app)({"headers": [(b"content-type", kind)]}, AsyncMock(), send)
    assert heard[0] == (400 if charset in CHARSETS else 200)


PARTS = {
    "unknown charset of a name": b"Content-Disposition: form-data; name*=nonsense''x\r\n\r\nv",
    "unknown charset of a file": b"Content-Disposition: form-data; name=\"a\"; filename*=nonsense''x\r\n\r\nv",
    "base64 that is none": b'Content-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64\r\n\r\n!',
    "no name": b"Content-Disposition: form-data\r\n\r\nv",
    "nul in a name": b'Content-Disposition: form-data; name="a\x00"\r\n\r\nv',
    "nul in a value": b'Content-Disposition: form-data; name="text"\r\n\r\na\x00b',
    "long headers": b"X: " + b"y" * 50_000 + b"\r\n\r\nv",
}


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_in_the_parts_of_a_form(part: bytes, administrator: Client, places: dict[str, str]) -> None:
    body = b"--b\r\n" + part + b"\r\n--b--\r\n"
    for route in routes():
        answer = administrator.generic("POST", route.url(**places), body, "multipart/form-data; boundary=b")
        assert answer.status_code < 500, (route, answer.status_code)
