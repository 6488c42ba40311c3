from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

from deploy.embedded import schema


class Command(BaseCommand):
    help = "For developers: write the tables that the migrations make to the file that a first start loads."

    def handle(self, *args: Any, **options: Any) -> None:
        """Make them in a test database of their own."""
        creation = connection.creation
        before = settings.DATABASES["default"]["NAME"]
        name = creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            call_command("migrate", verbosity=0, interactive=False)
            url = settings.DATABASES["default"]
            address = f"postgres://{url['USER']}:{url['PASSWORD']}@{url['HOST']}:{url['PORT']}/{name}"
            schema.FILE.write_text(schema.dump(address))
        finally:
            creation.destroy_test_db(before, verbosity=0)
        self.stdout.write(f"{schema.FILE.name}: {len(schema.FILE.read_text().splitlines())} lines")
