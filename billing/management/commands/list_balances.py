from typing import Any

from accounts.management.admin_command import AdminCommand, table
from billing.models import Balance


class Command(AdminCommand):
    help = "List the balances of all users who have one."

    def run_with(self, **options: Any) -> tuple[Any, str]:
        rows = Balance.objects.select_related("user").order_by("user__email")
        told = [{"email": each.user.email, "balance": each.credits, "held": each.held} for each in rows.iterator()]
        cells: list[list[object]] = [[each["email"], f"{each['balance']:,}", f"{each['held']:,}"] for each in told]
        return told, table(cells, ["email", "credits", "held"])
