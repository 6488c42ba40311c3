"""`core.postgres`: a connection that is open is used without asking the server, one that the server ended is not."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.backends.postgresql import base

from core.postgres.base import DatabaseWrapper

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def own() -> Iterator[DatabaseWrapper]:
    """A connection beside the test's."""
    wrapper = connection.copy()
    assert isinstance(wrapper, DatabaseWrapper)
    wrapper.ensure_connection()
    yield wrapper
    wrapper.close()


@pytest.fixture
def server_answers(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """What the server answered when it was server_answers whether it is there."""
    answers: list[bool] = []
    ask = base.DatabaseWrapper.is_usable

    def asking(self: base.DatabaseWrapper) -> bool:
        answers.append(ask(self))
        return answers[-1]

    monkeypatch.setattr(base.DatabaseWrapper, "is_usable", asking)
    return answers


def test_an_open_connection_is_not_asked_for(own: DatabaseWrapper, server_answers: list[bool]) -> None:
    for _ in range(3):
        with own.cursor() as cursor:
            cursor.execute("SELECT 1")
        assert own.is_usable()
    assert server_answers == []


def test_one_that_the_server_ended_is_not_usable(own: DatabaseWrapper, server_answers: list[bool]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [own.connection.info.backend_pid])
        assert cursor.fetchone()[0]
    assert not own.is_usable()
    assert server_answers == [False]


def test_a_notice_that_waits_is_no_end(own: DatabaseWrapper, server_answers: list[bool]) -> None:
    with own.cursor() as cursor:
        cursor.execute("LISTEN something")
    with connection.cursor() as cursor:
        cursor.execute("NOTIFY something")
    assert own.is_usable()
    assert server_answers in ([True], [])  # the notice may still be on its way
    assert own.is_usable()


def test_a_closed_one_is_not_usable(own: DatabaseWrapper) -> None:
    own.connection.close()
    assert not own.is_usable()
    own.close()
    assert not own.is_usable()


def test_one_within_a_transaction_is_asked_for(own: DatabaseWrapper, server_answers: list[bool]) -> None:
    own.set_autocommit(False)
    with own.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert own.is_usable()
    assert server_answers == [True]
    own.rollback()
