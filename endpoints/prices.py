"""What a model of an endpoint costs, and what a call of it must reserve."""

from decimal import Decimal
from uuid import UUID

from accounts.access import access_of
from accounts.models import User
from accounts.services import api_keys
from billing import policy
from billing.price_map import rates_for
from billing.price_table import price_of
from billing.pricing import PER_TOKEN, Rates
from billing.services import budgets, holds
from endpoints.adapters.base import Endpoint
from endpoints.profiles import price_keys

FREE = Rates(prompt=Decimal(0), completion=Decimal(0), cache_read=Decimal(0), cache_write=Decimal(0))


class UnknownPrice(Exception):
    """Nobody knows what the model costs, and what it costs is limited."""


def rates_of(endpoint: Endpoint, model: str) -> Rates | None:
    """Return the rates of `model`, or None where nobody knows the price.

    One credit per token, where the site counts so. Else the endpoint's `tokenConfig`, then the administrators' table,
    then zero for the embedded model, then the price map, then the rate for unknown models where one is charged.
    """
    rules = policy.current()
    if rules.pricing == "tokens":
        return PER_TOKEN
    known = endpoint.token_rates.get(model) or price_of(endpoint.name, model)
    if known is None:
        known = FREE if endpoint.local else rates_for(price_keys(endpoint, model))
    if known is None and rules.unknown == "default":
        rate = rules.default_rate
        return Rates(rate, rate, rate, rate)
    return known


def reserve_for(
    user: User,
    endpoint: Endpoint,
    model: str,
    *,
    prompt_tokens: int,
    reply_tokens: int = holds.REPLY_SLICE,
    key_id: UUID | None = None,
) -> holds.Reserve:
    """Return what a call must reserve at first: its prompt and a slice of the reply. Raises `UnknownPrice`.

    `key_id` is the API key that it is begun with; None: the one of the request at hand, if any.
    """
    key_id = key_id or api_keys.in_use.get()
    rates = rates_of(endpoint, model)
    bindings = budgets.binding(user_id=user.id, role=user.role_name, endpoint=endpoint.name, model=model, key_id=key_id)
    if rates is None and (policy.current().enforced or any(each.budget.unit == "credits" for each in bindings)):
        raise UnknownPrice
    coefficient = access_of(user.role_name).coefficient(endpoint.name, model)
    credits = 0
    if rates is not None:
        credits = holds.slice_credits(
            rates=rates, input_tokens=prompt_tokens, output_tokens=reply_tokens, coefficient=coefficient
        )
    return holds.Reserve(
        user_id=user.id,
        credits=credits,
        tokens=prompt_tokens + reply_tokens,
        coefficient=coefficient,
        key_id=key_id,
        bindings=bindings,
    )
