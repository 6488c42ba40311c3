from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_roles")]
    operations = [
        migrations.AddField(
            model_name="refreshsession",
            name="rotated_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
