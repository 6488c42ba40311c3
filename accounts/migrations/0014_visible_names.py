import django.core.validators
from django.db import migrations, models

CAN_BE_SEEN = django.core.validators.RegexValidator(
    r"^[^\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]*\Z",
    "Use letters that can be seen.",
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0013_site_settings")]

    operations = [
        migrations.AlterField("user", "name", models.CharField(max_length=80, validators=[CAN_BE_SEEN])),
        migrations.AlterField("user", "username", models.CharField(blank=True, max_length=80, validators=[CAN_BE_SEEN])),
    ]
