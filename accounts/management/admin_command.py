"""The base of administrators' commands: text or JSON output, confirmation, and exit codes.

0: success. 1: failure, with the reason on standard error. 2: invalid arguments. 130: interrupted.
"""

import getpass
import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder

from accounts.models import User
from core.refusal import Refusal


class AdminCommand(BaseCommand):
    """A command with ``--json``, and with ``--yes`` where `is_destructive`."""

    is_destructive = False
    requires_migrations_checks = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the result as JSON")
        if self.is_destructive:
            parser.add_argument("--yes", action="store_true", help="don't ask for confirmation")
        self.add_own_arguments(parser)

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """Add what the command needs."""

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            result, text = self.run_with(**options)
        except Refusal as refusal:
            raise CommandError(refusal.message) from None
        except ValidationError as fault:
            raise CommandError(" ".join(fault.messages)) from None
        if options["json"]:
            self.stdout.write(json.dumps(result, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2))
        else:
            self.stdout.write(text)

    def run_with(self, **options: Any) -> tuple[Any, str]:
        """Do the work; return what ``--json`` prints, and what is printed else.

        Raises `CommandError`; a `Refusal` and a `ValidationError` become one.
        """
        raise NotImplementedError

    def confirm(self, question: str, options: dict[str, Any]) -> None:
        """Go on only when somebody says yes. Without a terminal only ``--yes`` does. Raises `CommandError`."""
        if options["yes"]:
            return
        if not sys.stdin.isatty():
            raise CommandError("Can't ask for confirmation here. Add --yes to continue.")
        if input(f"{question} Type yes to continue: ").strip().lower() != "yes":
            raise CommandError("Nothing was changed.")


def person_named(text: str) -> User:
    """Return the person with this email address or username. Raises `CommandError`."""
    user = User.objects.filter(email=text.strip().lower()).first() or User.objects.filter(username=text.strip()).first()
    if user is None:
        raise CommandError(f"No user has the email or username {text}. See manage.py list-users.")
    return user


def ask_password() -> str:
    """Ask twice. Raises `CommandError` when the answers differ, or nobody can be asked."""
    if not sys.stdin.isatty():
        raise CommandError("Can't ask for a password here. Add --password or --generate.")
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("Again: "):
        raise CommandError("The passwords don't match.")
    return password


def table(rows: list[list[object]], heads: list[str]) -> str:
    """Return rows as columns of text."""
    cells = [heads, *([str(value) for value in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
    )
