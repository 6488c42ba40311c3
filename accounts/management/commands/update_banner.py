from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils.dateparse import parse_datetime

from accounts.management.admin_command import AdminCommand
from accounts.services import banners


class Command(AdminCommand):
    help = "Show a banner above every page, replacing the current one."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("message")
        parser.add_argument("--until", help="when it ends, such as 2026-01-31T12:00:00Z")
        parser.add_argument("--public", action="store_true", help="also show it to people who aren't signed in")
        parser.add_argument("--persistent", action="store_true", help="people can't dismiss it")

    def run_with(self, **options: Any) -> tuple[Any, str]:
        message = options["message"].strip()
        if not 1 <= len(message) <= 500:
            raise CommandError("A banner must have 1 to 500 characters.")
        try:
            until = parse_datetime(options["until"]) if options["until"] else None
        except ValueError:
            until = None
        if options["until"] and (until is None or until.tzinfo is None):
            raise CommandError("--until must be a time such as 2026-01-31T12:00:00Z.")
        banner = banners.show(
            actor=None, message=message, until=until, public=options["public"], persistent=options["persistent"]
        )
        return {"id": banner.id, "message": message, "until": until}, "The banner is now shown."
