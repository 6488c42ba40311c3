"""The index of runs after which a queued message is due, built while the release before goes on writing."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("chat", "0021_queued_turns")]

    operations = [
        AddIndexConcurrently(
            "run", models.Index("finished_at", condition=Q(has_queue=True, state="done"), name="run_followed")
        )
    ]
