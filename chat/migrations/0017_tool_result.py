"""Results of tools that are too long for their message's row, deleted with it by the database itself."""

import django.db.models.deletion
from django.db import migrations, models

import core.ids

FORWARD = """
ALTER TABLE chat_toolresult ADD CONSTRAINT toolresult_of_message
    FOREIGN KEY (message_id) REFERENCES chat_message (id) ON DELETE CASCADE;
"""
BACKWARD = "ALTER TABLE chat_toolresult DROP CONSTRAINT toolresult_of_message;"


class Migration(migrations.Migration):
    dependencies = [("chat", "0016_bookmark")]

    operations = [
        migrations.CreateModel(
            name="ToolResult",
            fields=[
                (
                    "message",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tool_results",
                        to="chat.message",
                    ),
                ),
                (
                    "id",
                    models.UUIDField(default=core.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("key", models.UUIDField()),
                ("content", models.JSONField()),
            ],
            options={
                "indexes": [models.Index("key", name="toolresult_key")],
                "constraints": [models.UniqueConstraint("message", "key", name="toolresult_once")],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
