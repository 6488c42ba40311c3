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
        records = [
            {
                "id": user.id,
                "email": user.email,
                "name": user.name,
                "role": user.role_name,
                "provider": user.provider,
                "active": user.is_active,
                "createdAt": user.created_at,
            }
            for user in people.iterator()
        ]
        rows = [
            [
                record["id"],
                record["email"],
                record["name"],
                record["role"],
                record["provider"],
                f"{record['createdAt']:%Y-%m-%d}",
            ]
            for record in records
        ]
        return records, table(rows, ["id", "email", "name", "role", "provider", "since"])
