"""Runs that wait, and what they wait for. The release before writes rows without the new columns."""

import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import core.ids


def _belongs_to_run(table: str, column: str = "run_id") -> migrations.RunSQL:
    """The database deletes the rows with their run. What is there already is not looked at: there is nothing yet."""
    name = f"{table}_{column}_of_run"
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({column}) REFERENCES chat_generation (id)"
        " ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED NOT VALID",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("chat", "0017_tool_result"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.AlterField(
            model_name="run",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "Queued"),
                    ("running", "Running"),
                    ("waiting", "Waiting"),
                    ("done", "Done"),
                    ("stopped", "Stopped"),
                    ("failed", "Failed"),
                    ("interrupted", "Interrupted"),
                ],
                default="queued",
                max_length=11,
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="parent",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="subruns",
                to="chat.run",
            ),
        ),
        migrations.AddField(
            model_name="run", name="agent", field=models.CharField(blank=True, db_default="", default="", max_length=64)
        ),
        migrations.AddField(model_name="run", name="checkpoint", field=models.JSONField(blank=True, null=True)),
        migrations.AddField(model_name="run", name="content", field=models.JSONField(blank=True, null=True)),
        migrations.AddField(
            model_name="run", name="has_mail", field=models.BooleanField(db_default=False, default=False)
        ),
        migrations.CreateModel(
            name="Step",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("n", models.PositiveIntegerField()),
                ("kind", models.CharField(choices=[("model", "Model"), ("tools", "Tools")], max_length=5)),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "Running"), ("done", "Done"), ("failed", "Failed")], max_length=7
                    ),
                ),
                ("quantities", models.JSONField(blank=True, db_default={}, default=dict)),
                (
                    "started_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "run",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="steps",
                        to="chat.run",
                    ),
                ),
            ],
            options={"constraints": [models.UniqueConstraint("run", "n", "kind", name="step_once")]},
        ),
        migrations.CreateModel(
            name="ApprovalRequest",
            fields=[
                ("id", models.UUIDField(default=core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("call_id", models.CharField(max_length=256)),
                (
                    "kind",
                    models.CharField(choices=[("approval", "Approval"), ("question", "Question")], max_length=8),
                ),
                ("request", models.JSONField(db_default={}, default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("answered", "Answered"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="pending",
                        max_length=9,
                    ),
                ),
                ("answer", models.TextField(blank=True, db_default="", default="")),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        default=django.utils.timezone.now,
                        editable=False,
                    ),
                ),
                (
                    "answered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="approvals",
                        to="chat.run",
                    ),
                ),
            ],
            options={
                "db_table": "chat_approval",
                "constraints": [models.UniqueConstraint("run", "call_id", "kind", name="approval_once_per_call")],
                "indexes": [
                    models.Index("run", condition=models.Q(("state", "pending")), name="approval_pending"),
                ],
            },
        ),
        migrations.CreateModel(
            name="InboxItem",
            fields=[
                ("id", models.UUIDField(default=core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("steer", "Steer"), ("result", "Result")], max_length=6
                    ),
                ),
                ("body", models.JSONField(db_default={}, default=dict)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        default=django.utils.timezone.now,
                        editable=False,
                    ),
                ),
                ("taken_at", models.DateTimeField(blank=True, null=True)),
                (
                    "run",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="inbox",
                        to="chat.run",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index("run", "created_at", condition=models.Q(("taken_at", None)), name="inbox_waiting")
                ]
            },
        ),
        _belongs_to_run("chat_generation", "parent_id"),
        _belongs_to_run("chat_step"),
        _belongs_to_run("chat_approval"),
        _belongs_to_run("chat_inboxitem"),
    ]
