import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from deploy.health import Finding, examine

SIGNS = {"ok": "✓", "warning": "!", "fault": "✗"}


class Command(BaseCommand):
    help = "Check every part and say how to fix each fault. Exits with status 1 if there is one."
    requires_system_checks = ()  # a faulty configuration is a finding here

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the findings as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = examine()
        if options["json"]:
            self.stdout.write(json.dumps([asdict(finding) for finding in findings], indent=1))
        else:
            for finding in findings:
                self._show(finding)
        if any(finding.level == "fault" for finding in findings):
            sys.exit(1)

    def _show(self, finding: Finding) -> None:
        style = {"ok": self.style.SUCCESS, "warning": self.style.WARNING, "fault": self.style.ERROR}[finding.level]
        self.stdout.write(f"{style(SIGNS[finding.level])} {finding.part:<16}{finding.text}")
        for line in filter(None, (finding.detail, finding.advice)):
            self.stdout.write(f"  {'':<16}{line}")
