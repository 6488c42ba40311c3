from django.db import migrations


def create_roles(apps, schema_editor):
    Role = apps.get_model("accounts", "Role")
    Role.objects.get_or_create(name="USER", defaults={"description": "Chats."})
    Role.objects.get_or_create(name="ADMIN", defaults={"description": "May do everything."})


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(create_roles, migrations.RunPython.noop)]
