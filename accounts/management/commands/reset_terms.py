from typing import Any

from accounts.management.admin_command import AdminCommand
from accounts.models import User
from accounts.services import access_changes, audit


class Command(AdminCommand):
    help = "Let everybody accept the terms anew."
    is_destructive = True

    def run_with(self, **options: Any) -> tuple[Any, str]:
        self.confirm("Everybody will be asked to accept the terms.", options)
        people = User.objects.filter(terms_accepted_at__isnull=False)
        accepted = list(people.values_list("id", flat=True))
        count = people.update(terms_accepted_at=None)
        for user_id in accepted:
            access_changes.announce(user_id)
        audit.record(actor=None, action="terms.reset", target=audit.AuditTarget("terms", ""), after={"people": count})
        return {"people": count}, f"{count} people will be asked again."
