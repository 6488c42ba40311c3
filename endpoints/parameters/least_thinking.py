"""Asks a model to reason as little as possible, for short answers that reasoning would leave no room for."""

from endpoints.catalog.facts import facts
from endpoints.parameters.mapped import Quiet
from endpoints.parameters.sets import set_name
from endpoints.providers import registry
from endpoints.providers.base import Endpoint


def least_thinking(endpoint: Endpoint, model: str) -> Quiet:
    """Return how the model is asked for an answer with as few thoughts as it allows."""
    if endpoint.origin.local:
        return Quiet()
    for provider in registry.PROVIDERS.values():  # by the model's name, whoever serves it
        if quiet := provider.facts.least_thinking(model):
            return quiet
    if quiet := registry.mapper_of(set_name(endpoint, model)).least_thinking(endpoint, model):
        return quiet
    known = facts(endpoint, model)
    return Quiet(may_think=not known.is_known or known.reasoning)
