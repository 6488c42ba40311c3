"""Two requests at once: one does it, the other hears that it is done, and nobody hears of a fault of ours."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DataError, IntegrityError, connection, connections
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Group, Role, User
from chat.services.organise import bookmarks, projects
from config.urls import urlpatterns as all_patterns
from tests.api.conftest import Api

pytestmark = [pytest.mark.security, pytest.mark.django_db(transaction=True)]


def at_once(count: int, work: Callable[[], int]) -> list[int]:
    """Do the same in several threads that begin together; return what each answered."""
    gate, answers = threading.Barrier(count, timeout=30), list[int]()

    def run() -> None:
        try:
            gate.wait()
            answers.append(work())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return sorted(answers)


def test_what_two_delete_at_once_is_deleted_once(admin_user: User, owner: User) -> None:
    for round_ in range(3):
        Role.objects.create(name="Spare")
        group = Group.objects.create(name=f"Group {round_}")
        project = projects.create(user=owner, name=f"Project {round_}")
        tag = bookmarks.create(user=owner, name=f"Bookmark {round_}")
        for path_, user in ((f"/api/admin/roles/{'Spare'}", admin_user), (f"/api/admin/groups/{group.id}", admin_user),
                            (f"/api/projects/{project.id}", owner), (f"/api/tags/{tag.name}", owner)):  # fmt: skip
            answers = at_once(4, lambda path_=path_, user=user: Api(user).send("DELETE", path_).status_code)  # type: ignore[misc]
            assert len(answers) == 4
            assert answers[0] < 300, (path_, answers)
            assert all(status < 500 for status in answers), (path_, answers)


def test_what_two_make_at_once_is_made_once(admin_user: User, owner: User) -> None:
    for path_, body, user in (("/api/admin/roles", {"name": "Both"}, admin_user), ("/api/tags", {"tag": "Both"}, owner),
                              ("/api/admin/groups", {"name": "Both"}, admin_user)):  # fmt: skip
        answers = at_once(4, lambda p=path_, b=body, u=user: Api(u).post(p, b).status_code)  # type: ignore[misc]
        assert answers[0] < 300, (path_, answers)
        assert all(status < 500 for status in answers), (path_, answers)


# --- the edge ------------------------------------------------------------------------------------------

FAULTS: dict[str, tuple[Callable[[], Any], int]] = {
    "gone": (lambda: Role.objects.get(name="nothing"), 404),
    "twice": (lambda: Role.objects.create(name=Role.USER), 409),
    "impossible": (lambda: _sql("SELECT '1'::int + 2147483647"), 400),
}


def _sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def page(request: HttpRequest, name: str) -> HttpResponse:
    FAULTS[name][0]()
    return HttpResponse()


class FaultView(APIView):
    permission_classes = ()

    def get(self, request: Request, name: str) -> Response:
        FAULTS[name][0]()
        return Response()


urlpatterns = [path("fault/<str:name>", page), path("api/fault/<str:name>", FaultView.as_view()), *all_patterns]


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("prefix", ["/fault/", "/api/fault/"])
def test_the_edge_knows_a_race_from_a_fault(name: str, prefix: str) -> None:
    answer = Client(raise_request_exception=False).get(prefix + name)
    assert answer.status_code == FAULTS[name][1]
    assert "Role" not in answer.content.decode()
    assert answer["Content-Type"].startswith("application/json" if "api" in prefix else "text/html")


def test_the_kinds_are_those_of_the_database() -> None:
    with pytest.raises(IntegrityError):
        FAULTS["twice"][0]()
    with pytest.raises(DataError):
        FAULTS["impossible"][0]()
