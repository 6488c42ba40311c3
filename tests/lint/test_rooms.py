"""Where things stand, and what they are called: `docs/architecture.md`, “The house”, as tests."""

from typing import Final

import pytest

from tests.house import ROOT

DOMAINS: Final = ("accounts", "billing", "endpoints", "files", "agents", "chat")
AT_THE_TOP: Final = {"__init__.py", "models.py", "access.py", "admin.py", "tasks.py", "apps.py"}


@pytest.mark.parametrize("domain", DOMAINS)
def test_no_loose_file_stands_at_the_top_of_a_domain(domain: str) -> None:
    assert {path.name for path in (ROOT / domain).glob("*.py")} <= AT_THE_TOP
