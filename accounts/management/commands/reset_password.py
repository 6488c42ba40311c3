import secrets
from argparse import ArgumentParser
from typing import Any

from accounts.management.admin_command import AdminCommand, ask_password, person_named
from accounts.services.people import set_password


class Command(AdminCommand):
    help = "Give a user a new password and sign them out everywhere."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--password", help="visible in the list of processes, so it's safer to be asked for it")
        parser.add_argument("--generate", action="store_true", help="generate a password and print it once")

    def run_with(self, **options: Any) -> tuple[Any, str]:
        user = person_named(options["email"])
        generated = secrets.token_urlsafe(12) if options["generate"] else ""
        set_password(actor=None, user=user, password=generated or options["password"] or ask_password())
        result = {"email": user.email} | ({"password": generated} if generated else {})
        text = f"{user.email} has a new password and is signed out everywhere."
        return result, text + (f" Password: {generated}" if generated else "")
