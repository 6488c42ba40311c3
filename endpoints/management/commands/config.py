import json
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from siteconfig.configuration import Config, ConfigFaults, Fault, load_config


class Command(BaseCommand):
    help = "Check a librechat.yaml without using it. Exits with status 1 if it has faults, 2 if it doesn't exist."
    requires_system_checks = ()  # the file in use may be the faulty one

    def add_arguments(self, parser: ArgumentParser) -> None:
        check = parser.add_subparsers(required=True).add_parser("check", help="list every fault with its line")
        check.add_argument("file", type=Path)
        check.add_argument("--json", action="store_true", help="print the findings as JSON")

    def handle(self, *args: Any, file: Path, json: bool, **options: Any) -> None:
        config = Config()
        faults: Sequence[Fault] = ()
        if not file.is_file():
            self.stderr.write(_("File %s not found.") % file)
            sys.exit(2)
        try:
            config = load_config(file)
        except ConfigFaults as error:
            faults = error.faults
        self.stdout.write(_as_json(config, faults) if json else _as_text(file, config, faults))
        if faults:
            sys.exit(1)


def _as_json(config: Config, faults: Sequence[Fault]) -> str:
    return json.dumps(
        {
            "usable": not faults,
            "faults": [asdict(fault) for fault in faults],
            "notices": [asdict(notice) for notice in config.notices],
            "not_in_use": config.not_in_use,
        },
        indent=1,
    )


def _as_text(file: Path, config: Config, faults: Sequence[Fault]) -> str:
    if faults:
        return str(ConfigFaults(file.name, faults))
    lines = [_("%s is valid.") % file.name, *(f"  {notice}" for notice in config.notices)]
    if config.not_in_use:
        lines += [_("Has no effect yet:"), *(f"  {path}" for path in config.not_in_use)]
    return "\n".join(lines)
