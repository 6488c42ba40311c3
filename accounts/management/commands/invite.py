"""``manage.py invite person@example.org``: invite somebody, and print the link."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.models import Role
from accounts.services import invitations


class Command(BaseCommand):
    help = "Invite somebody by e-mail address and print the link, which works once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--role", default=Role.USER)

    def handle(self, *args: Any, email: str, role: str, **options: Any) -> None:
        try:
            with transaction.atomic():
                invitation = invitations.invite(by=None, email=email, role=Role.objects.get(name=role), mailed=False)
                link = invitations.link_of(invitation)
        except Role.DoesNotExist:
            raise CommandError(f"There is no role {role!r}.") from None
        except ValidationError as fault:
            raise CommandError(fault.messages[0]) from None
        self.stdout.write(link)
