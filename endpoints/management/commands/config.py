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
    help = "Look at a librechat.yaml without using it. Ends with status 1 when it has faults, 2 when it is not there."
    requires_system_checks = ()  # the file in use may be the faulty one

    def add_arguments(self, parser: ArgumentParser) -> None:
        check = parser.add_subparsers(required=True).add_parser("check", help="tell every fault with its line")
        check.add_argument("file", type=Path)
        check.add_argument("--json", action="store_true", help="print the findings as JSON")

    def handle(self, *args: Any, file: Path, json: bool, **options: Any) -> None:
        config = Config()
        faults: Sequence[Fault] = ()
        if not file.is_file():
            self.stderr.write(_("There is no file %s.") % file)
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
    lines = [_("%s can be used.") % file.name, *(f"  {notice}" for notice in config.notices)]
    if config.not_in_use:
        lines += [_("Without effect yet:"), *(f"  {path}" for path in config.not_in_use)]
    return "\n".join(lines)
