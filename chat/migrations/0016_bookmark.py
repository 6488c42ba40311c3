"""A tag is called a bookmark in code, too; tables, columns and constraints keep their names, so no SQL runs."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def on(to: str, **options: object) -> models.ForeignKey:
    return models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=to, **options)


class Migration(migrations.Migration):
    dependencies = [("chat", "0015_run"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        # The table between gets a model of its own, because its column keeps a name that Django would not give it.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    "ConversationBookmark",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("conversation", on("chat.conversation")),
                        ("bookmark", on("chat.tag", db_column="tag_id")),
                    ],
                    options={
                        "db_table": "chat_conversation_tags",
                        "unique_together": {("conversation", "bookmark")},
                    },
                ),
                migrations.AlterField(
                    "conversation",
                    "tags",
                    models.ManyToManyField(
                        blank=True, related_name="conversations", through="chat.ConversationBookmark", to="chat.tag"
                    ),
                ),
            ]
        ),
        migrations.AlterModelTable("tag", "chat_tag"),
        migrations.RenameModel("Tag", "Bookmark"),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RenameField("conversation", "tags", "bookmarks")]
        ),
        migrations.AlterField(
            "bookmark",
            "owner",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="bookmarks", to=settings.AUTH_USER_MODEL
            ),
        ),
    ]
