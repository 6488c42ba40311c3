from typing import Any

from django.core.management.base import CommandError

from accounts.management.admin_command import AdminCommand
from billing.services.reconcile import reconcile


class Command(AdminCommand):
    help = "Check that the ledger and the balances agree. Exits with status 1 if they don't."

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if self.drift:
            raise CommandError(f"{self.drift} numbers don't match.")

    def run_with(self, **options: Any) -> tuple[Any, str]:
        report = reconcile()
        self.drift = len(report.drift)
        result = {"people": report.people, "entries": report.entries, "drift": report.drift}
        summary = f"{report.people} balances, {report.entries} entries, {self.drift} differences."
        lines = [
            f"{difference['kind']} {difference['subject']}: {difference['stored']}, should be {difference['computed']}"
            for difference in report.drift
        ]
        return result, "\n".join([summary, *lines])
