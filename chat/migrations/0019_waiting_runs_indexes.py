"""The indexes of runs that wait, built while the release before goes on writing.

A waiting run of a reply is an open one, so that a second one cannot begin. Subruns share their parent's message.
"""

from typing import Final

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

_ONE_OPEN: Final = models.UniqueConstraint(
    "message",
    condition=Q(("parent", None), ("state__in", ("queued", "running", "waiting"))),
    name="run_one_open_per_message",
)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("chat", "0018_waiting_runs")]

    operations = [
        AddIndexConcurrently("run", models.Index("parent", condition=Q(("parent__isnull", False)), name="run_parent")),
        AddIndexConcurrently("run", models.Index("owner", condition=Q(("state", "waiting")), name="run_waiting")),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "CREATE UNIQUE INDEX CONCURRENTLY run_one_open_per_message ON chat_generation (message_id)"
                    " WHERE parent_id IS NULL AND state IN ('queued', 'running', 'waiting')",
                    "DROP INDEX CONCURRENTLY run_one_open_per_message",
                ),
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY generation_one_open_per_message",
                    "CREATE UNIQUE INDEX CONCURRENTLY generation_one_open_per_message ON chat_generation (message_id)"
                    " WHERE state IN ('queued', 'running')",
                ),
            ],
            state_operations=[
                migrations.RemoveConstraint("run", "generation_one_open_per_message"),
                migrations.AddConstraint("run", _ONE_OPEN),
            ],
        ),
    ]
