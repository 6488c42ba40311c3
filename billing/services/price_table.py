"""The prices set by administrators, cached for a moment in each process."""

from billing.models import Price
from billing.services.pricing import UNITS, Rates
from core.ttl_cache import ttl_cache


def price_of(endpoint: str, model: str) -> Rates | None:
    """Return what an administrator set for this model at this endpoint, or anywhere; None when nothing is."""
    return table().get((endpoint, model)) or table().get(("", model))


@ttl_cache
def table() -> dict[tuple[str, str], Rates]:
    """Return all of them by endpoint (empty: any) and model."""
    return {(price.endpoint, price.model): _rates(price) for price in Price.objects.all()}


def _rates(price: Price) -> Rates:
    return Rates(
        prompt=price.prompt,
        completion=price.completion,
        cache_read=price.prompt if price.cache_read is None else price.cache_read,
        cache_write=price.prompt if price.cache_write is None else price.cache_write,
        cache_write_1h=price.cache_write_1h,
    ).with_units({kind: rate for kind in UNITS if (rate := getattr(price, kind)) is not None})
