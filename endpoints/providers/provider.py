"""Everything that other modules need to know about a provider, so that none of them names one."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from django.utils.functional import Promise

from endpoints.parameters.mapped import Chosen, Mapped, Quiet
from endpoints.providers.base import Endpoint

Sampling = Literal["free", "one", "none"]  # "one": temperature or top P, and not both


@dataclass(frozen=True, slots=True)
class Variables:
    """The environment's names: for the key, the models and the address; others that bring models; switches."""

    key: str = ""
    models: str = ""
    url: str = ""
    more: tuple[str, ...] = ()
    switches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preset:
    """How the set-up offers a provider. Without `base_url` the provider's own holds, or the administrator's.

    `key_page` is for people.
    """

    slug: str
    label: str | Promise
    text: str | Promise
    kind: str = "custom"
    base_url: str = ""
    key_page: str = ""
    needs_key: bool = True

    @property
    def asks_address(self) -> bool:
        return self.kind == "custom"


@dataclass(frozen=True, slots=True)
class ParameterMapper:
    """What becomes of a person's choices in the provider's requests, and how it is asked to think little."""

    fields: Callable[[Endpoint, str, Chosen], Mapped]
    least_thinking: Callable[[Endpoint, str], Quiet | None] = lambda _endpoint, _model: None


@dataclass(frozen=True, slots=True)
class ProviderFacts:
    """What the names of a provider's models tell, wherever they are served."""

    windows: Mapping[str, int] = field(default_factory=dict)  # tokens, by the beginning or a part of a name
    price_prefix: str = ""  # what the price map puts before a model's name
    new_models: re.Pattern[str] | None = None  # those that are offered of the models that a price map adds
    # By the vocabulary that `endpoints/services/token_weights.json` has weights for: the models that have it.
    vocabularies: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    thinks: Callable[[str], bool] = lambda _model: False  # whether a model of this name thinks before it answers
    thinking_names: re.Pattern[str] | None = None  # the same of models that nobody lists
    sampling: Callable[[str], Sampling] = lambda _model: "free"
    least_thinking: Callable[[str], Quiet | None] = lambda _model: None  # whoever serves the model


def list_address(root: str) -> str:
    """Return where a list of models stands as most have it."""
    return root + "/models"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One row of the registry. `name` is its key in the file, in the API and in stored rows."""

    name: str
    label: str
    wire: str
    parameters: ParameterMapper
    build: Callable[..., list[Endpoint]]  # of an `endpoints.providers.site.Site` and this provider
    variables: Variables = Variables()
    base_url: str = ""
    models: tuple[str, ...] = ()  # when nobody names any and the provider's list is not there
    key_header: str = "Authorization"
    key_fields: tuple[str, ...] = ("apiKey",)  # what a person pastes, by the names of the REST interface
    model_prefix: str = ""
    facts: ProviderFacts = ProviderFacts()
    fact_tables: tuple[str, ...] = ()  # the providers whose windows hold, the last word first; empty: all of them
    default_models: str = ""  # whose list of models, by name; empty: its own
    parameter_set: Callable[[str], str] | None = None  # where the set depends on the model
    preset: Preset | None = None
    lists_models: bool = False
    list_address: Callable[[str], str] = list_address
    list_headers: Mapping[str, str] = field(default_factory=dict)
    is_chat_model: Callable[[str], bool] | None = None  # of its own list, which does not say
    limits_replies: bool = False  # it refuses a cap above what the model writes
