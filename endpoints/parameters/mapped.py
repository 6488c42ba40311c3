"""A person's values for one model, and the request fields that they are mapped to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from django.utils.translation import gettext_lazy as _

from siteconfig.parameters.fields import Translatable

Wire = Literal["chat", "responses"]
Sampling = Literal["free", "one", "none"]  # "one": temperature or top P, and not both


@dataclass(slots=True)
class Chosen:
    """The values for one model by key, and why some choices are not used as they are.

    `sampling` says which of the parameters of sampling the model takes, wherever it is served.
    """

    values: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, Translatable] = field(default_factory=dict)
    sampling: Sampling = "free"

    def get(self, key: str, default: Any = None) -> Any:
        return self.values.get(key, default)

    def refuse(self, why: Translatable, *keys: str) -> None:
        """Do not use what is chosen for `keys`; say why to whoever chose it."""
        for key in keys:
            if self.values.pop(key, None) is not None:
                self.notes[key] = why

    def one_of_both(self, top_p: str) -> None:
        """Leave out top P beside the temperature, for a model that refuses both."""
        if self.get("temperature") is not None:
            self.refuse(_("This model accepts either temperature or top P. The temperature is used."), top_p)


@dataclass(frozen=True, slots=True)
class Mapped:
    """`params` are fields of the provider's own request; `max_tokens` 0 is no cap.

    `notes` say by key of the parameter why a choice is not sent, or not as it was made.
    """

    params: Mapping[str, Any] = field(default_factory=dict)
    wire: Wire = "chat"
    stream: bool = True
    max_tokens: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, Translatable] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Quiet:
    """`params` are fields of the provider's own request; `may_think`: thoughts may come all the same."""

    params: Mapping[str, Any] = field(default_factory=dict)
    may_think: bool = False
