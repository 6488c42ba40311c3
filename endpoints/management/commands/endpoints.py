import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts.management.admin_command import AdminCommand
from endpoints.catalog import registry
from endpoints.catalog.keys import needs_key
from endpoints.services.connection_test import run_connection_test


class Command(AdminCommand):
    help = "Try an endpoint out with one tiny, real call: manage.py endpoints test NAME."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=["test"])
        parser.add_argument("name", help="the endpoint's name, as people see it")
        parser.add_argument("--model", default="", help="which model to call; else the endpoint's first")

    def run_with(self, **options: Any) -> tuple[Any, str]:
        name, current = options["name"], registry.current()
        endpoint = current.get(name)
        if endpoint is None:
            known = ", ".join(each.name for each in current.endpoints)
            raise CommandError(f"There is no endpoint {name}. There are: {known or 'none'}.")
        if needs_key(endpoint):
            raise CommandError(
                f"{name} takes each person's own key. They test theirs in Settings, under Provider keys."
            )
        chosen = options["model"] or next(iter(current.models(name)), "")
        if not chosen:
            raise CommandError(f"{name} has no models yet. Name one with --model.")
        result = run_connection_test(endpoint, chosen)
        if not result.ok:
            if options["json"]:
                self.stdout.write(json.dumps(result.to_json(), ensure_ascii=False, indent=2))
            raise CommandError(result.text)
        return result.to_json(), f"{result.text} “{result.said}”"
