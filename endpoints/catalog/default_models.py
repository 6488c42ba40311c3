"""The models offered for a provider if none are configured and its own list is not available.

`manage.py models renew` writes the file: window, longest reply and prices, by provider and model.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("built_in.json")


@cache
def known() -> dict[str, dict[str, dict[str, Any]]]:
    document: dict[str, dict[str, dict[str, Any]]] = json.loads(FILE.read_text())
    return document


def names(provider: str) -> tuple[str, ...]:
    return tuple(known()[provider])
