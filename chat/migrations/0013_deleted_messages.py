from django.db import migrations, models


class Migration(migrations.Migration):
    """No change of the table: a message has one more state."""

    dependencies = [("chat", "0012_shown_by_clients")]

    operations = [
        migrations.AlterField(
            model_name="message",
            name="state",
            field=models.CharField(
                choices=[
                    ("complete", "Complete"),
                    ("streaming", "Streaming"),
                    ("stopped", "Stopped"),
                    ("failed", "Failed"),
                    ("interrupted", "Interrupted"),
                    ("deleted", "Deleted"),
                ],
                default="complete",
                max_length=11,
            ),
        ),
    ]
