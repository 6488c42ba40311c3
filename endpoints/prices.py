"""What a model of an endpoint costs."""

from decimal import Decimal

from billing.price_map import rates_for
from billing.pricing import Rates
from endpoints.adapters.base import Endpoint
from endpoints.profiles import price_keys

FREE = Rates(prompt=Decimal(0), completion=Decimal(0), cache_read=Decimal(0), cache_write=Decimal(0))


def rates_of(endpoint: Endpoint, model: str) -> Rates | None:
    """Return the rates of `model`: zero for the embedded model, None where nobody knows the price."""
    if endpoint.local:
        return FREE
    return rates_for(price_keys(endpoint, model))
