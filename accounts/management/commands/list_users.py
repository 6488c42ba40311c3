from argparse import ArgumentParser
from typing import Any

from accounts.management.admin_command import AdminCommand, table
from accounts.models import User


class Command(AdminCommand):
    help = "List users."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--role", help="only users with this role")

    def run_with(self, **options: Any) -> tuple[Any, str]:
        people = User.objects.order_by("created_at", "id")
        if options["role"]:
            people = people.filter(role=options["role"])
        told = [
            {
                "id": each.id,
                "email": each.email,
                "name": each.name,
                "role": each.role_name,
                "provider": each.provider,
                "active": each.is_active,
                "createdAt": each.created_at,
            }
            for each in people.iterator()
        ]
        rows = [
            [each["id"], each["email"], each["name"], each["role"], each["provider"], f"{each['createdAt']:%Y-%m-%d}"]
            for each in told
        ]
        return told, table(rows, ["id", "email", "name", "role", "provider", "since"])
