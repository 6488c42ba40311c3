from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts.management.admin_command import AdminCommand
from accounts.models import Role
from accounts.services import invitations, mails


class Command(AdminCommand):
    help = "Invite someone. The link is sent by email, or printed if there is no mail server (or with --print)."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--role", default="USER")
        parser.add_argument("--print", action="store_true", help="print the link instead of sending it")

    def run_with(self, **options: Any) -> tuple[Any, str]:
        role = Role.objects.filter(name=options["role"]).first()
        if role is None:
            raise CommandError(f"Role {options['role']} not found.")
        mailed = mails.is_configured() and not options["print"]
        invitation = invitations.invite(by=None, email=options["email"], role=role, mailed=mailed)
        result = {"email": invitation.email, "role": role.name, "expiresAt": invitation.expires_at, "mailed": mailed}
        if mailed:
            return result, f"{invitation.email} was invited by email."
        link = invitations.link_of(invitation)
        return result | {"link": link}, f"{invitation.email} is invited until {invitation.expires_at:%Y-%m-%d}: {link}"
