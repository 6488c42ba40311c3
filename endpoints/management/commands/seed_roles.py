from typing import Any

from accounts.management.admin_command import AdminCommand
from accounts.models import Role
from accounts.services import roles

# The example of MetoGPT's README.
PRO = {"gpt-4": {"enabled": True, "coefficient": "1.5"}, "claude-3": {"enabled": True, "coefficient": "1.8"}}
USER = {"gpt-3.5-turbo": {"enabled": True, "coefficient": "1.0"}}


class Command(AdminCommand):
    help = (
        "Create MetoGPT's example roles: USER with gpt-3.5-turbo (1.0), PRO with gpt-4 (1.5) and claude-3 (1.8). "
        "People with the role USER then have no other models."
    )
    is_destructive = True

    def run_with(self, **options: Any) -> tuple[Any, str]:
        self.confirm("This limits the role USER to gpt-3.5-turbo.", options)
        roles.update(actor=None, role=Role.objects.get(name=Role.USER), model_access=USER)
        known = Role.objects.filter(name="PRO").first()
        pro = known or roles.create(actor=None, name="PRO", description="More models.")
        roles.update(actor=None, role=pro, model_access=PRO)
        records = [roles.to_plain(role) for role in Role.objects.order_by("name")]
        return records, "Roles: " + ", ".join(record["name"] for record in records)
