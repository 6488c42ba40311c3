from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0011_plain_english")]

    operations = [
        migrations.AddField(
            model_name="ledgerentry",
            name="cache_write_1h_tokens",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
    ]
