"""What comes of a person's choices: the fields of one provider's request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from siteconfig.parameters.fields import Translatable

Wire = Literal["chat", "responses"]


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
