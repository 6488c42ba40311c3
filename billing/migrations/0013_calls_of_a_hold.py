from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0012_hour_long_cache_writes")]

    operations = [
        migrations.AddField(
            model_name="hold",
            name="prompt_tokens",
            field=models.IntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="hold",
            name="written_tokens",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
    ]
