from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts.management.admin_command import AdminCommand, person_named
from accounts.services import bans


class Command(AdminCommand):
    help = "Ban a user for a number of minutes and sign them out everywhere; 0 lifts the ban."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("minutes", type=float)
        parser.add_argument("--address", default="", help="also ban this network address")
        parser.add_argument("--reason", default="")

    def run_with(self, **options: Any) -> tuple[Any, str]:
        user, minutes = person_named(options["email"]), options["minutes"]
        if not 0 <= minutes <= 60 * 24 * 3_650:
            raise CommandError("The number of minutes must be between 0 and ten years.")
        if not minutes:
            ended = bans.lift(actor=None, user=user)
            ended += bans.lift(actor=None, address=options["address"]) if options["address"] else 0
            return {"email": user.email, "lifted": ended}, f"{user.email} is no longer banned."
        made = bans.ban(actor=None, user=user, address=options["address"], minutes=minutes, reason=options["reason"])
        until = made[0].until
        return {"email": user.email, "until": until}, f"{user.email} is banned until {until:%Y-%m-%d %H:%M} (UTC)."
