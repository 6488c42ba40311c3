import secrets
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts.management.admin_command import AdminCommand, ask_password
from accounts.services.people import make_account
from accounts.services.signup import EmailTaken


class Command(AdminCommand):
    help = "Create an account. Without --password or --generate, you're asked for a password."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("name")
        parser.add_argument("username", nargs="?", default="")
        parser.add_argument("--role", default="USER")
        parser.add_argument("--password", help="visible in the list of processes, so it's safer to be asked for it")
        parser.add_argument("--generate", action="store_true", help="generate a password and print it once")

    def run_with(self, **options: Any) -> tuple[Any, str]:
        generated = secrets.token_urlsafe(12) if options["generate"] else ""
        password = generated or options["password"] or ask_password()
        try:
            user = make_account(
                actor=None,
                name=options["name"],
                email=options["email"],
                username=options["username"],
                password=password,
                role=options["role"],
            )
        except EmailTaken:
            raise CommandError(f"An account with the email address {options['email']} already exists.") from None
        result = {"id": user.id, "email": user.email, "role": user.role_name}
        if generated:
            result["password"] = generated
        text = f"{user.email} can sign in, as {user.role_name}."
        return result, text + (f" Password: {generated}" if generated else "")
