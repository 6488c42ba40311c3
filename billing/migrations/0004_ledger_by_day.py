from django.contrib.postgres.indexes import BrinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False  # built beside a running site
    dependencies = [("billing", "0003_budgets")]
    operations = [AddIndexConcurrently("ledgerentry", BrinIndex(fields=["created_at"], name="ledger_by_day"))]
