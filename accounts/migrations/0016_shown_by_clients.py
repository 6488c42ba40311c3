from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("accounts", "0015_database_defaults")]

    operations = [
        migrations.AddField(
            model_name="group",
            name="email",
            field=models.EmailField(blank=True, db_default="", default="", max_length=254),
        ),
        migrations.AddField(
            model_name="group",
            name="avatar",
            field=models.CharField(blank=True, db_default="", default="", max_length=2000),
        ),
        migrations.AddField(
            model_name="banner",
            name="updated_at",
            field=models.DateTimeField(auto_now=True, db_default=Now()),
        ),
    ]
