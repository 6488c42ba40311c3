from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts.commands import AdminCommand, person_named
from billing.models import Balance
from billing.services import adjust


class Command(AdminCommand):
    help = "Add credits to a balance (or take them, with a negative number). 1,000,000 are 1 USD."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("credits", type=int)
        parser.add_argument("--reason", default="by command")

    def run_with(self, **options: Any) -> tuple[Any, str]:
        user = person_named(options["email"])
        try:
            adjust.add_credits(actor=None, user=user, credits=options["credits"], reason=options["reason"])
        except adjust.AdjustmentRefused as refused:
            raise CommandError(refused.message) from None
        credits = Balance.objects.get(user=user).credits
        return {"email": user.email, "balance": credits}, f"{user.email} has {credits:,} credits."
