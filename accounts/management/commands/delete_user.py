from argparse import ArgumentParser
from typing import Any

from accounts.management.admin_command import AdminCommand, person_named
from accounts.services.erasure import erase_person


class Command(AdminCommand):
    help = "Delete a user and all their data. The ledger and the audit log are kept, without content."
    is_destructive = True

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def run_with(self, **options: Any) -> tuple[Any, str]:
        user = person_named(options["email"])
        self.confirm(f"This deletes {user.email} and all their chats permanently.", options)
        result = {"id": user.id, "email": user.email}
        erase_person(actor=None, user=user)
        return result, f"{result['email']} was deleted."
