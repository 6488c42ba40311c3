"""Of which e-mail domains people may be."""

from collections.abc import Callable, Sequence

_allowed: list[Callable[[], Sequence[str] | None]] = []


def restrict_to(names: Callable[[], Sequence[str] | None]) -> None:
    """Let `names` say which domains; None: all. For the app that reads the configuration file."""
    _allowed[:] = [names]


def welcome(email: str) -> bool:
    """Return whether somebody with this address may have an account. A domain stands for itself alone."""
    named = _allowed[0]() if _allowed else None
    return named is None or email.rpartition("@")[2].lower() in {name.strip().lower() for name in named}
