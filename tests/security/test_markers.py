"""Case 18, and 8: no page and no list that a stranger can ask for holds a byte of what is another's."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.services import api_keys, groups
from billing.services import adjust
from tests.api.conftest import bearer
from tests.security.routes import Route, all_routes

pytestmark = [
    pytest.mark.security,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("stream_threads", "somewhere"),
]
QUERY = "?search=MARKER&q=MARKER&query=MARKER&tags=MARKER-TAG&limit=100&pageSize=100&days=30&isArchived=true"


@pytest.fixture
def planted(owner: User, admin_user: User, belongings: dict[str, Any]) -> list[str]:
    """Plant more of the owner's; return every mark of theirs."""
    adjust.add_credits(actor=admin_user, user=owner, credits=123_456_789, reason="MARKER-REASON")
    key = api_keys.make(user=owner, name="MARKER-KEY")
    group = groups.create(actor=admin_user, name="MARKER-GROUP")
    User.objects.filter(id=owner.id).update(username="MARKER-USERNAME")
    ids = [belongings[name].id for name in ("conversation", "reply", "question", "run", "project", "tag")]
    return ["MARKER", owner.email, "123,456,789", "123456789", key.text, str(group.id), *map(str, ids)]


def lists() -> list[Route]:
    return [route for route in all_routes() if not route.kinds and not route.is_admin]


@pytest.mark.parametrize("route", lists(), ids=lambda route: route.path)
def test_a_stranger_reads_no_byte_of_it(route: Route, stranger: User, planted: list[str]) -> None:
    client = Client(raise_request_exception=False, headers=bearer(stranger) if route.is_api else None)
    client.force_login(stranger)
    for query in ("", QUERY):
        answer = client.get(route.path + query)
        text = answer.getvalue().decode(errors="replace").replace(QUERY[1:], "")
        if query:  # what was looked for may be repeated, what was found not
            planted = [marker for marker in planted if marker != "MARKER"]
            text = text.replace("MARKER-TAG", "")
        assert [marker for marker in planted if marker in text] == [], answer.status_code


def test_the_marks_are_found_by_their_owner(owner: User, planted: list[str]) -> None:
    client = Client()
    client.force_login(owner)
    seen = "".join(client.get(route.path).getvalue().decode(errors="replace") for route in lists())
    for mark in ("MARKER-TITLE", "MARKER-PROJECT", "MARKER-TAG", "MARKER-KEY", owner.email):
        assert mark in seen, mark
