import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts.management.admin_command import AdminCommand, person_named
from endpoints.catalog import registry
from endpoints.catalog.keys import needs_key
from endpoints.services.connection_test import run_connection_test


class Command(AdminCommand):
    help = "Test an endpoint with one tiny, real call: manage.py endpoints test NAME --user EMAIL."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=["test"])
        parser.add_argument("name", help="the endpoint's name, as shown to people")
        parser.add_argument("--user", required=True, help="email or username of the person whose balance is charged")
        parser.add_argument("--model", default="", help="the model to call; by default the endpoint's first")

    def run_with(self, **options: Any) -> tuple[Any, str]:
        name, current, payer = options["name"], registry.current(), person_named(options["user"])
        endpoint = current.get(name)
        if endpoint is None:
            known = ", ".join(known_endpoint.name for known_endpoint in current.endpoints)
            raise CommandError(f"Endpoint {name} not found. Available: {known or 'none'}.")
        if needs_key(endpoint):
            raise CommandError(
                f"{name} uses each person's own key. People test theirs in Settings, under Provider keys."
            )
        chosen = options["model"] or next(iter(current.models(name)), "")
        if not chosen:
            raise CommandError(f"{name} has no models yet. Name one with --model.")
        result = run_connection_test(endpoint, chosen, by=payer)
        if not result.ok:
            if options["json"]:
                self.stdout.write(json.dumps(result.to_json(), ensure_ascii=False, indent=2))
            raise CommandError(result.text)
        return result.to_json(), f"{result.text} “{result.said}”"
