from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from accounts.management.admin_command import AdminCommand, person_named
from accounts.services import audit
from accounts.services.erasure import export_person


class Command(AdminCommand):
    help = "Write everything stored about a person to a ZIP of JSON, for an access request."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("file")

    def run_with(self, **options: Any) -> tuple[Any, str]:
        user, path = person_named(options["email"]), Path(options["file"])
        try:
            with path.open("xb") as file:
                export_person(user, file)
        except OSError as fault:
            raise CommandError(f"{path} cannot be written: {fault.strerror}.") from None
        audit.record(actor=None, action="user.exported", target=audit.AuditTarget("user", str(user.id), user.email))
        size = path.stat().st_size
        return {"email": user.email, "file": str(path), "bytes": size}, f"{path}: {size} bytes."
