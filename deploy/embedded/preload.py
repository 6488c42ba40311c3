"""Imports, once and before it forks, what the supervisor's parts need."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import django
from django.conf import settings
from django.core.management import BaseCommand
from django.urls import get_resolver
from django.utils.module_loading import import_string

from core.checks import CONFIGURATION
from deploy.embedded import forked

# What web and generator import themselves when they start. Not Daphne, which starts an event loop at its import: a fork
# would share it. Not what only the worker needs: it loads that while the web starts.
MODULES = (
    "autobahn.twisted.websocket",
    "core.http.edge",
    "core.http.handlers",
    "core.http.sockets",
    "runs.management.commands.generate",
    "twisted.internet.asyncioreactor",
    "twisted.web.http",
    "uvloop",
    "web.consumers",
    "whitenoise.storage",
)


def load_site() -> None:
    """Load Django's apps and check what the operator configured. Raises `SystemCheckError`."""
    with _quick():
        django.setup()
        BaseCommand().check(tags=[CONFIGURATION])


def load_parts() -> None:
    if forked.possible():
        with _quick():
            for name in MODULES:
                import_module(name)
            for path in settings.MIDDLEWARE:
                import_string(path)
            get_resolver().url_patterns  # noqa: B018 (loads every page)


@contextmanager
def _quick() -> Iterator[None]:
    """Leave the collector out, now and in each fork: what is loaded stays.

    To look for garbage takes a tenth of the time, and its marks in a fork would copy every page that is shared.
    """
    gc.disable()
    yield
    gc.freeze()
    gc.enable()
