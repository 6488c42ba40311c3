"""The price of a model at an endpoint, and the credit to reserve for a call."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.services import api_keys
from accounts.services.model_access import access_of
from billing.services import budgets, holds, policy
from billing.services.payer import CallPrice, Payer
from billing.services.price_table import price_of
from billing.services.pricing import PER_TOKEN, Rates, as_rate, charge
from billing.services.quantities import Quantities
from core.refusal import Refusal
from endpoints.catalog.facts import facts
from endpoints.providers.base import Endpoint

FREE = Rates(prompt=Decimal(0), completion=Decimal(0), cache_read=Decimal(0), cache_write=Decimal(0))

Source = Literal["per_token", "token_config", "table", "free", "map", "default", "unknown"]
SOURCES: Final[dict[Source, Promise]] = {
    "per_token": _("one credit per token (site setting)"),
    "token_config": _("the endpoint's tokenConfig"),
    "table": _("the price table"),
    "free": _("Local model (free)"),
    "map": _("the built-in price list"),
    "default": _("unknown: charged at the price for unlisted models"),
    "unknown": _("unknown: blocked for people with limited credit"),
}


@dataclass(frozen=True, slots=True)
class PriceInForce:
    """What a model costs now. `rates` are USD per million tokens; None where nobody knows."""

    rates: Rates | None
    source: Source

    @property
    def text(self) -> str:
        """Where the rates come from."""
        return str(SOURCES[self.source])

    @property
    def is_known(self) -> bool:
        return self.source not in {"default", "unknown"}


class UnknownPrice(Refusal):
    """Nobody knows what the model costs, and what it costs is limited."""

    code = "unpriced"
    status = 402


def rates_of(endpoint: Endpoint, model: str) -> Rates | None:
    """Return the rates of `model`, or None where nobody knows the price."""
    return price_in_force(endpoint, model).rates


def price_in_force(endpoint: Endpoint, model: str) -> PriceInForce:
    """Return the rates of `model`, and where they come from.

    One credit per token, where the site counts so. Else the endpoint's `tokenConfig`, then the administrators' table,
    then zero for the embedded model, then the price map, then the rate for unknown models where one is charged.
    """
    rules = policy.current()
    if rules.pricing == "tokens":
        return PriceInForce(PER_TOKEN, "per_token")
    known = _known_price(endpoint, model)
    if known is None and rules.unknown == "default":
        rate = as_rate(rules.default_rate)
        return PriceInForce(Rates(rate, rate, rate, rate), "default")
    return known or PriceInForce(None, "unknown")


def is_refused(endpoint: Endpoint, model: str) -> bool:
    """Whether nobody may use the model because nobody knows its price, and credit is limited."""
    rules = policy.current()
    return rules.enforced and rules.unknown == "refuse" and rates_of(endpoint, model) is None


def _known_price(endpoint: Endpoint, model: str) -> PriceInForce | None:
    known = facts(endpoint, model)
    if known.written_rates:
        return PriceInForce(known.written_rates, "token_config")
    if rates := price_of(endpoint.name, model):
        return PriceInForce(rates, "table")
    if endpoint.origin.local:
        return PriceInForce(FREE, "free")
    if rates := known.listed_rates:
        return PriceInForce(rates, "map")
    return None


def reserve_for(
    user: User,
    endpoint: Endpoint,
    model: str,
    *,
    prompt_tokens: int,
    reply_tokens: int = holds.REPLY_SLICE,
    key_id: UUID | None = None,
) -> holds.Reserve:
    """Return what a run must reserve at first: a prompt, as it costs at least, and a slice of the reply.

    Whether the prompt is written to the provider's cache is known when the request is put together: each model call
    reserves what it may cost then (`endpoints.services.metered`). Raises `UnknownPrice`.

    `key_id` is the API key that it is begun with; None: the one of the request at hand, if any.
    """
    return reserve_of(
        Payer(user_id=user.id, role=user.role_name, key_id=key_id or api_keys.in_use.get()),
        CallPrice(endpoint.name, model, rates_of(endpoint, model)),
        Quantities(input=prompt_tokens),
        reply_tokens=reply_tokens,
    )


def reserve_of(payer: Payer, price: CallPrice, quantities: Quantities, *, reply_tokens: int = 0) -> holds.Reserve:
    """Return what a call must reserve that uses so much, with so many tokens of a reply. Raises `UnknownPrice`.

    One query at most, where budgets of groups bind the payer.
    """
    bindings = budgets.binding(
        user_id=payer.user_id, role=payer.role, endpoint=price.endpoint, model=price.model, key_id=payer.key_id
    )
    rates = price.rates
    if rates is None and (policy.current().enforced or any(binding.budget.unit == "credits" for binding in bindings)):
        raise UnknownPrice
    coefficient = access_of(payer.role).coefficient(price.endpoint, price.model)
    quantities = replace(quantities, output=quantities.output + reply_tokens)
    return holds.Reserve(
        user_id=payer.user_id,
        credits=0 if rates is None else charge(quantities, rates, coefficient),
        tokens=quantities.tokens,
        reply_tokens=reply_tokens,
        coefficient=coefficient,
        key_id=payer.key_id,
        bindings=bindings,
    )
