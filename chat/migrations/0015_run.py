"""The row of a run is called a run in code; its table, columns and constraints keep their names, so no SQL runs."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0014_search_of_copies"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.AlterModelTable("generation", "chat_generation"),
        migrations.RenameModel("Generation", "Run"),
        migrations.AlterField(
            "run",
            "owner",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="runs", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AlterField(
            "run",
            "conversation",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="runs", to="chat.conversation"
            ),
        ),
        migrations.AlterField(
            "run",
            "message",
            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="runs", to="chat.message"),
        ),
    ]
