import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from chat.services.loading import BadLine, load_conversations
from endpoints.catalog import registry


class Command(BaseCommand):
    help = (
        "Load conversations for a user from a file of JSON lines: "
        '{"title", "created": unix seconds, "messages": [{"role", "content"}]}. All or nothing.'
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the file, or - for standard input")
        parser.add_argument("--user", required=True, metavar="EMAIL", help="the user who will own the conversations")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["user"].lower()).first()
        if user is None:
            raise CommandError(
                f"No user has the email address {options['user']}. Create the account first, or check the spelling."
            )
        endpoint, model = _default()
        started = time.monotonic()
        try:
            if options["file"] == "-":
                loaded = load_conversations(user=user, lines=sys.stdin, endpoint=endpoint, model=model)
            else:
                with Path(options["file"]).open(encoding="utf-8") as lines:
                    loaded = load_conversations(user=user, lines=lines, endpoint=endpoint, model=model)
        except (BadLine, OSError, UnicodeDecodeError) as error:
            raise CommandError(f"Nothing was loaded: {error}") from error
        seconds = time.monotonic() - started
        self.stdout.write(f"{loaded.conversations} conversations, {loaded.messages} messages in {seconds:.1f} s")


def _default() -> tuple[str, str]:
    default = registry.current().default()
    return (default[0].name, default[1]) if default else ("", "")
