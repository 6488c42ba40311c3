from argparse import ArgumentParser
from typing import Any

from accounts.management.admin_command import AdminCommand, person_named
from accounts.services import roles


class Command(AdminCommand):
    help = "Give a person a role, and end their sessions."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("role")

    def run_with(self, **options: Any) -> tuple[Any, str]:
        user = roles.give(actor=None, user=person_named(options["email"]), role=options["role"])
        return {"email": user.email, "role": user.role_name}, f"{user.email} is {user.role_name} now."
