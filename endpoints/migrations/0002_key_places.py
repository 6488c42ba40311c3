from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("endpoints", "0001_keys")]

    operations = [
        migrations.AddField(
            model_name="userkey",
            name="places",
            field=models.TextField(blank=True, db_default="", default="", editable=False),
        ),
    ]
