from django.contrib.postgres.indexes import BrinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False  # built beside a running site
    dependencies = [("chat", "0006_project_grants")]
    operations = [AddIndexConcurrently("generation", BrinIndex(fields=["created_at"], name="generation_by_day"))]
