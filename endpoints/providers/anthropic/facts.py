"""Facts about Anthropic's models by their names, wherever they are served."""

import re
from dataclasses import dataclass
from typing import Final

from endpoints.parameters.mapped import Quiet, Sampling
from endpoints.providers.provider import ProviderFacts
from endpoints.providers.windows import spread

UNKNOWN = (0, 0)
_KINDS = r"opus|sonnet|haiku|fable|mythos"
_NAME = re.compile(
    rf"claude-(?:(?P<kind>{_KINDS})(?:-(?P<major>\d{{1,2}})(?:[.-](?P<minor>\d{{1,2}})(?!\d))?)?"
    rf"|(?P<early>\d{{1,2}})(?:[.-](?P<early_minor>\d{{1,2}})(?!\d))?(?:-(?P<late_kind>{_KINDS}))?)"
)


@dataclass(frozen=True, slots=True)
class Claude:
    """What is known of a model by its name. `version` is `UNKNOWN` where it does not tell."""

    kind: str
    version: tuple[int, int]

    @property
    def is_newest(self) -> bool:
        return self.kind in {"fable", "mythos"} or self.version >= (5, 0)

    @property
    def thinks(self) -> bool:
        return self.is_newest or self.version >= (3, 7)

    @property
    def adapts(self) -> bool:
        """Whether it decides by itself how long to think, guided by an effort."""
        return self.is_newest or (self.kind in {"opus", "sonnet"} and self.version >= (4, 6))

    @property
    def samples(self) -> bool:
        """Whether it takes temperature and its like."""
        return not (self.is_newest or (self.kind == "opus" and self.version >= (4, 7)))

    @property
    def samples_by_one(self) -> bool:
        """Whether it refuses temperature and top P together; so does whatever has no version in its name."""
        return self.version == UNKNOWN or self.version >= (4, 5) or (self.kind == "opus" and self.version >= (4, 1))

    @property
    def caches(self) -> bool:
        return self.is_newest or self.version >= (3, 0)

    @property
    def longest_reply(self) -> int:
        """Tokens."""
        opus = self.kind == "opus"
        if (self.is_newest and self.kind != "haiku") or (opus and self.version >= (4, 6)):
            return 128_000
        if opus and (4, 0) <= self.version < (4, 5):
            return 32_000
        return 64_000 if self.version >= (4, 0) else 8_192


def claude(model: str) -> Claude:
    """Return what the name tells.

    >>> claude("claude-3-7-sonnet-20250219")
    Claude(kind='sonnet', version=(3, 7))
    >>> claude("us.anthropic.claude-opus-4-20250514-v1:0").version
    (4, 0)
    """
    match = _NAME.search(model.lower())
    if match is None:
        return Claude("", UNKNOWN)
    major, minor = match["major"] or match["early"], match["minor"] or match["early_minor"]
    return Claude(match["kind"] or match["late_kind"] or "", (int(major or 0), int(minor or 0)))


def sampling(model: str) -> Sampling:
    known = claude(model)
    if not known.kind:
        return "free"
    return "none" if not known.samples else "one" if known.samples_by_one else "free"


def least_thinking(model: str) -> Quiet | None:
    known = claude(model)
    if known.kind or known.version != UNKNOWN:
        return Quiet(may_think=known.is_newest)  # all others think only where they are asked to
    return None


_WINDOWS: Final = {
    **spread(100_000, "claude-"),
    **spread(200_000, "claude-2.1", "claude-3", "claude-4", "claude-opus-4", "claude-sonnet-4", "claude-haiku-4"),
    **spread(
        1_000_000,
        *(f"claude-{kind}-4{dot}{minor}" for kind in ("opus", "sonnet") for dot in ".-" for minor in range(6, 10)),
        *(f"claude-{minor}-{kind}" for kind in ("opus", "sonnet") for minor in ("4.6", "4.7", "4.8", "4.9")),
        "claude-opus-5",
        "claude-sonnet-5",
        "claude-haiku-5",
        "claude-5",
        "claude-fable",
        "claude-mythos",
    ),
}
FACTS: Final = ProviderFacts(
    windows=_WINDOWS,
    new_models=re.compile(r"claude-[a-z]+-\d+(?:-\d{1,2})?"),
    thinks=lambda model: claude(model).thinks,
    vocabularies={
        # Since Opus 4.7, the same text has more tokens.
        "claude 4.7": re.compile(
            r"claude-(?:(?:fable|mythos)|(?:opus|sonnet|haiku)-(?:4[-.][7-9](?!\d)|[5-9](?!\d)))", re.IGNORECASE
        ),
        "claude": re.compile(r"claude", re.IGNORECASE),
    },
    sampling=sampling,
    least_thinking=least_thinking,
)
