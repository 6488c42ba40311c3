from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0011_database_defaults")]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="icon_url",
            field=models.CharField(blank=True, db_default="", default="", max_length=8192),
        ),
        migrations.AddField(
            model_name="conversation",
            name="greeting",
            field=models.CharField(blank=True, db_default="", default="", max_length=1024),
        ),
    ]
