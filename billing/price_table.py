"""The prices that administrators set; each process looks again after a moment."""

import time
from typing import Final

from django.db import transaction

from billing.models import Price
from billing.pricing import Rates

FRESH: Final = 2.0  # seconds

_known: list[tuple[float, dict[tuple[str, str], Rates]]] = []


def price_of(endpoint: str, model: str) -> Rates | None:
    """Return what an administrator set for this model at this endpoint, or anywhere; None when nothing is."""
    if not _known or time.monotonic() - _known[0][0] > FRESH:
        _known[:] = [(time.monotonic(), {(each.endpoint, each.model): _rates(each) for each in Price.objects.all()})]
    table = _known[0][1]
    return table.get((endpoint, model)) or table.get(("", model))


def forget() -> None:
    """Read the table anew at the next question, and again once the change at hand is committed."""
    _known.clear()
    transaction.on_commit(_known.clear)


def _rates(price: Price) -> Rates:
    return Rates(
        prompt=price.prompt,
        completion=price.completion,
        cache_read=price.prompt if price.cache_read is None else price.cache_read,
        cache_write=price.prompt if price.cache_write is None else price.cache_write,
    )
