from typing import Any

from accounts.management.admin_command import AdminCommand, table
from billing.models import Balance


class Command(AdminCommand):
    help = "List the balances of all users who have one."

    def run_with(self, **options: Any) -> tuple[Any, str]:
        rows = Balance.objects.select_related("user").order_by("user__email")
        records = [{"email": row.user.email, "balance": row.credits, "held": row.held} for row in rows.iterator()]
        cells: list[list[object]] = [
            [record["email"], f"{record['balance']:,}", f"{record['held']:,}"] for record in records
        ]
        return records, table(cells, ["email", "credits", "held"])
