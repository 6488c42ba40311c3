"""Which models a provider is offered with when nobody names any and its own list is not there.

`manage.py models renew` writes the file: by provider and model its window, longest reply and prices.
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
