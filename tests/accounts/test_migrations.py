"""Migrations that change what is stored."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.models import Role

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def before_user_names() -> Iterator[None]:
    """The tables as they were before a username belonged to one person."""
    MigrationExecutor(connection).migrate([("accounts", "0009_session_devices")])
    yield
    call_command("migrate", verbosity=0)


def test_of_several_with_one_user_name_the_first_keeps_it(before_user_names: None) -> None:
    executor = MigrationExecutor(connection)
    people = executor.loader.project_state([("accounts", "0009_session_devices")]).apps.get_model("accounts", "User")
    for number, username in enumerate(["Nina", "nina", "", "", "Ben", "NINA"]):
        people.objects.create(email=f"p{number}@example.org", name="P", username=username, role_id=Role.USER)
    executor.loader.build_graph()
    executor.migrate([("accounts", "0010_invitations")])
    names = people.objects.order_by("email").values_list("username", flat=True)
    assert list(names) == ["Nina", "", "", "", "Ben", ""]
