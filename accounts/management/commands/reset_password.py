import secrets
from argparse import ArgumentParser
from typing import Any

from accounts.management.admin_command import AdminCommand, ask_password, person_named
from accounts.services.people import set_password


class Command(AdminCommand):
    help = "Give a person a new password, and end their sessions."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--password", help="seen by who lists processes: better let it be asked for")
        parser.add_argument("--generate", action="store_true", help="make a password up, and print it once")

    def run_with(self, **options: Any) -> tuple[Any, str]:
        user = person_named(options["email"])
        generated = secrets.token_urlsafe(12) if options["generate"] else ""
        set_password(actor=None, user=user, password=generated or options["password"] or ask_password())
        told = {"email": user.email} | ({"password": generated} if generated else {})
        words = f"{user.email} has a new password and is signed out everywhere."
        return told, words + (f" Password: {generated}" if generated else "")
