from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0008_database_defaults")]

    operations = [
        migrations.AddField(
            model_name="hold",
            name="reply_tokens",
            field=models.IntegerField(db_default=1000, default=1000),
        ),
    ]
