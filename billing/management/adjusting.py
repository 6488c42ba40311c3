"""Shared code of the commands that change a balance."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from accounts.management.admin_command import AdminCommand, person_named
from billing.models import Balance


class AdjustingCommand(AdminCommand):
    """`adjust` is the service that does it."""

    adjust: Callable[..., object]

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("credits", type=int)
        parser.add_argument("--reason", default="by command")

    def run_with(self, **options: Any) -> tuple[Any, str]:
        user = person_named(options["email"])
        self.adjust(actor=None, user=user, credits=options["credits"], reason=options["reason"])
        credits = Balance.objects.get(user=user).credits
        return {"email": user.email, "balance": credits}, f"{user.email} has {credits:,} credits."
