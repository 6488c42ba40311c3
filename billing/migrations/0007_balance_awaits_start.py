from django.db import migrations, models

# Whose balance never counted: nothing was held of it, and nothing given but by an administrator.
_BEFORE = """
UPDATE billing_balance b SET awaits_start = true
WHERE NOT EXISTS (SELECT 1 FROM billing_hold h WHERE h.user_id = b.user_id AND h.on_balance)
AND NOT EXISTS (SELECT 1 FROM billing_ledgerentry e WHERE e.user_id = b.user_id AND e.reason IN ('start', 'refill'))
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0006_money_settings")]

    operations = [
        migrations.AddField(
            model_name="balance",
            name="awaits_start",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RunSQL(_BEFORE, migrations.RunSQL.noop),
    ]
