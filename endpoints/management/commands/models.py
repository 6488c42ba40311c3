import difflib
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from accounts.management.admin_command import AdminCommand
from billing.services.price_map import installed, read_map
from endpoints.catalog import renewal
from endpoints.catalog.default_models import FILE


class Command(AdminCommand):
    help = "Update the built-in providers' models from the price list: manage.py models renew."
    requires_migrations_checks = False

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=["renew"])
        parser.add_argument("--file", default="", help="a price list in litellm's format; by default the installed one")
        parser.add_argument("--add", action="store_true", help="also add the list's new models after the others")
        parser.add_argument("--check", action="store_true", help="change nothing, and fail if something would change")

    def run_with(self, **options: Any) -> tuple[Any, str]:
        entries = _entries_of(options["file"])
        before = renewal.read()
        after = renewal.renewed(before, entries, add=options["add"])
        changes = list(renewal.changes(before, after, entries))
        old, new = renewal.to_text(before), renewal.to_text(after)
        records = [asdict(change) for change in changes]
        diff = "".join(difflib.unified_diff(old.splitlines(True), new.splitlines(True), FILE.name, FILE.name, n=0))
        if options["check"] and old != new:
            raise CommandError(f"{FILE.name} doesn't match the price list:\n{diff}")
        if not options["check"]:
            FILE.write_text(new)
        text = "\n".join([*map(str, changes), diff or "Nothing has changed."])
        return records, text


def _entries_of(name: str) -> Any:
    if not name:
        return installed()
    try:
        entries = read_map(Path(name))
    except (OSError, ValueError) as error:
        raise CommandError(f"{name} cannot be read: {error}") from None
    if not isinstance(entries, dict):
        raise CommandError(f"{name} is not a price list.")
    return entries
