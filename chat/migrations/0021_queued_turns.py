"""The queue of a conversation. The release before writes runs without the new column."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.models import Q

import core.ids


class Migration(migrations.Migration):
    dependencies = [("chat", "0020_beyond_text")]

    operations = [
        migrations.AddField("run", "has_queue", models.BooleanField(db_default=False, default=False)),
        migrations.CreateModel(
            "QueuedTurn",
            fields=[
                ("id", models.UUIDField(default=core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("client_request_id", models.CharField(blank=True, max_length=128)),
                ("text", models.TextField()),
                ("draft", models.JSONField(blank=True, default=dict)),
                ("is_first", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("sent", "Sent"),
                            ("cancelled", "Cancelled"),
                            ("refused", "Refused"),
                        ],
                        default="queued",
                        max_length=9,
                    ),
                ),
                ("refusal_code", models.CharField(blank=True, max_length=64)),
                ("refusal", models.CharField(blank=True, max_length=500)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "conversation",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="queued_turns",
                        to="chat.conversation",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        models.F("conversation"),
                        models.F("client_request_id"),
                        condition=~Q(client_request_id=""),
                        name="queued_turn_once",
                    )
                ],
                "indexes": [
                    models.Index(
                        models.F("conversation"),
                        models.F("created_at"),
                        condition=Q(state__in=("queued", "refused")),
                        name="queued_turn_waiting",
                    )
                ],
            },
        ),
        migrations.RunSQL(
            "ALTER TABLE chat_queuedturn ADD CONSTRAINT chat_queuedturn_of_conversation"
            " FOREIGN KEY (conversation_id) REFERENCES chat_conversation (id)"
            " ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED",
            "ALTER TABLE chat_queuedturn DROP CONSTRAINT chat_queuedturn_of_conversation",
        ),
    ]
