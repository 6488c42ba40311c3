from django.contrib.postgres.operations import CreateExtension
from django.db import migrations


class Migration(migrations.Migration):
    """The two extensions that every later migration may use."""

    initial = True
    dependencies = []
    operations = [CreateExtension("vector"), CreateExtension("pg_trgm")]
