from typing import Any

from accounts.management.admin_command import AdminCommand
from accounts.services import banners


class Command(AdminCommand):
    help = "Remove all banners."
    is_destructive = True

    def run_with(self, **options: Any) -> tuple[Any, str]:
        self.confirm("This removes all banners.", options)
        count = banners.remove_all(actor=None)
        return {"deleted": count}, f"{count} banners are gone."
