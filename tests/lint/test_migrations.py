"""The tables are what the models say, and the release before works on them."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations import AddField, CreateModel
from django.db.migrations.loader import MigrationLoader
from django.db.models import Field

OURS = {"accounts", "billing", "endpoints", "files", "agents", "chat"}


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def added_columns() -> Iterator[tuple[str, str, str]]:
    """Yield app, model and field of every column that was added to a table that was there."""
    for (app, _name), migration in sorted((MigrationLoader(None).disk_migrations or {}).items()):
        made = {operation.name.lower() for operation in migration.operations if isinstance(operation, CreateModel)}
        for operation in migration.operations if app in OURS else ():
            if (
                isinstance(operation, AddField)
                and operation.model_name.lower() not in made
                and not operation.field.many_to_many
            ):
                yield app, operation.model_name.lower(), operation.name


@pytest.mark.django_db
@pytest.mark.parametrize(("app", "model", "name"), sorted(set(added_columns())))
def test_a_column_that_was_added_can_be_left_out_by_older_code(app: str, model: str, name: str) -> None:
    """The release before does not know it, and its rows must be taken all the same while an upgrade is under way."""
    field = apps.get_model(app, model)._meta.get_field(name)
    assert isinstance(field, Field)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT is_nullable = 'YES' OR column_default IS NOT NULL FROM information_schema.columns"
            " WHERE table_name = %s AND column_name = %s",
            [field.model._meta.db_table, field.column],
        )
        assert cursor.fetchone() == (True,)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("app", "name"), [("accounts", "0019_joined_groups"), ("chat", "0015_run"), ("chat", "0016_bookmark")]
)
def test_a_name_in_code_changes_nothing_that_is_stored(app: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("sqlmigrate", app, name)
    statements = [line for line in capsys.readouterr().out.splitlines() if line and not line.startswith("--")]
    assert statements == ["BEGIN;", "COMMIT;"]
