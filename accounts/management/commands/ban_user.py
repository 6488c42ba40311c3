from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts.management.admin_command import AdminCommand, person_named
from accounts.services import bans


class Command(AdminCommand):
    help = "Keep a person out for so many minutes and end their sessions; 0 lets them in again."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("minutes", type=float)
        parser.add_argument("--address", default="", help="this network address, too")
        parser.add_argument("--reason", default="")

    def run_with(self, **options: Any) -> tuple[Any, str]:
        user, minutes = person_named(options["email"]), options["minutes"]
        if not 0 <= minutes <= 60 * 24 * 3_650:
            raise CommandError("The minutes are a number from 0 to ten years.")
        if not minutes:
            ended = bans.lift(actor=None, user=user)
            ended += bans.lift(actor=None, address=options["address"]) if options["address"] else 0
            return {"email": user.email, "lifted": ended}, f"{user.email} may come in again."
        made = bans.ban(actor=None, user=user, address=options["address"], minutes=minutes, reason=options["reason"])
        until = made[0].until
        return {"email": user.email, "until": until}, f"{user.email} is kept out until {until:%Y-%m-%d %H:%M} (UTC)."
