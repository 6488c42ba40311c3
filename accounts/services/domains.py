"""Whose addresses may register: those of the listed domains, or everybody's where none is listed."""

from collections.abc import Callable, Collection

from django.conf import settings

_sources: list[Callable[[], Collection[str]]] = []


class DomainRefused(Exception):
    """Addresses of this domain do not register here."""


def add_source(source: Callable[[], Collection[str]]) -> None:
    """Have `source` name more domains, each time it is asked; the configuration file is one."""
    _sources.append(source)


def allowed() -> frozenset[str]:
    listed = [*settings.REGISTRATION_ALLOWED_DOMAINS, *(each for source in _sources for each in source())]
    return frozenset(each.strip().lower().removeprefix("@") for each in listed if each.strip())


def is_allowed(email: str) -> bool:
    """Return whether the domain of `email` is listed, as it is: not a part of it, nor one below it."""
    domains = allowed()
    return not domains or email.strip().lower().rpartition("@")[2] in domains


def check(email: str) -> None:
    """Raise `DomainRefused` where `is_allowed` says no."""
    if not is_allowed(email):
        raise DomainRefused
