"""The operator's `addParams`: those that go into the request body unchanged."""

from functools import cache
from typing import Any

from endpoints.providers.base import ParameterRules
from siteconfig.parameters.table import SETS


def additions(rules: ParameterRules) -> dict[str, Any]:
    """Return what is added to the body. The other names mean something here (`interpreted`)."""
    return {
        name: value
        for name, value in rules.add.items()
        if name not in interpreted() or (name == "thinking" and not isinstance(value, bool))
    }


@cache
def interpreted() -> frozenset[str]:
    """Return the names that mean something here and are no fields of a request body."""
    plain = {"temperature", "top_p", "frequency_penalty", "presence_penalty", "stop"}
    return frozenset(parameter.key for parameters in SETS.values() for parameter in parameters) - plain
