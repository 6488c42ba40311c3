"""The details beside a model's name in the model menu: context window, price, and why it cannot be used yet."""

from typing import TypedDict

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from billing.services import policy
from billing.services.pricing import Rates
from endpoints.catalog import keys, registry
from endpoints.catalog.facts import DEFAULT_WINDOW
from endpoints.catalog.facts import facts as facts_of
from endpoints.catalog.prices import price_in_force
from web.model_menu import ModelOption, model_groups


class Facts(TypedDict):
    """`trouble`: why a message to it would be refused; `blocked`: by something that choosing it does not settle.

    `link`: where the person who reads it can change that.
    """

    endpoint: str
    model: str
    spec: str
    words: str
    trouble: str
    blocked: bool
    link: str


def facts_for(user: User) -> list[Facts]:
    """Return the facts of every choice of the person's menu."""
    stored = {name for name, state in keys.states(user).items() if state.standing == "valid"}
    return [_facts(choice, user, stored) for group in model_groups(user) for choice in group.choices]


def _facts(choice: ModelOption, user: User, stored: set[str]) -> Facts:
    facts = Facts(
        endpoint=choice.endpoint, model=choice.model, spec=choice.spec, words="", trouble="", blocked=False, link=""
    )
    endpoint = registry.current().get(choice.endpoint)
    if endpoint is None:
        return facts
    price = price_in_force(endpoint, choice.model)
    window = facts_of(endpoint.for_model(choice.model), choice.model).window
    size = _window(window) if window != DEFAULT_WINDOW else ""
    cost = _price(price.rates) if price.is_known else ""
    facts["words"] = " · ".join(filter(None, [size, cost]))
    if choice.takes_key and choice.endpoint not in stored:
        facts["trouble"] = _("Needs your key")
    elif price.rates is None and policy.current().enforced:
        facts["trouble"] = _("No price yet, so it can't be used while balances are on.")
        facts["blocked"] = True
        facts["link"] = reverse("admin:billing_price_add") if user.is_admin else ""
    return facts


def _window(tokens: int) -> str:
    """Return a window as people name it: 128k, 1M."""
    if tokens >= 1_000_000:
        return _("%(size)sM tokens") % {"size": f"{tokens / 1_000_000:.1f}".removesuffix(".0")}
    return _("%(size)sk tokens") % {"size": round(tokens / 1000)} if tokens >= 1000 else ""


def _price(rates: Rates | None) -> str:
    if rates is None:
        return ""
    if not rates.prompt and not rates.completion:
        return _("free")
    return _("$%(prompt)s in, $%(completion)s out per million") % {
        "prompt": f"{rates.prompt.normalize():f}",
        "completion": f"{rates.completion.normalize():f}",
    }
