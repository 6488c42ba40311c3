"""Imports, once and before it forks, what the supervisor's parts need."""

import gc
from importlib import import_module

import django
from celery import current_app
from django.conf import settings
from django.core.management import BaseCommand
from django.urls import get_resolver
from django.utils.module_loading import import_string

from core.checks import CONFIGURATION
from deploy.embedded import forked

# What the parts import themselves when they start. Not Daphne, which starts an event loop at its import: a fork would
# share it.
MODULES = (
    "autobahn.twisted.websocket",
    "celery.app.amqp",
    "celery.app.control",
    "celery.apps.worker",
    "celery.beat",
    "celery.bin.celery",
    "celery.concurrency.thread",
    "celery.contrib.django.task",
    "celery.events.receiver",
    "celery.worker.consumer",
    "core.http.edge",
    "core.http.handlers",
    "core.http.sockets",
    "kombu.transport.redis",
    "runs.management.commands.generate",
    "runs.sweeper",
    "twisted.internet.asyncioreactor",
    "twisted.web.http",
    "uvloop",
    "web.consumers",
    "whitenoise.storage",
)


def load_site() -> None:
    """Load Django's apps and check what the operator configured. Raises `SystemCheckError`."""
    gc.disable()  # what is loaded stays; to look for garbage meanwhile takes a tenth of the time
    django.setup()
    BaseCommand().check(tags=[CONFIGURATION])


def load_parts() -> None:
    """Load the rest, and leave it as it is in memory from now on."""
    if forked.possible():
        for name in MODULES:
            import_module(name)
        for path in settings.MIDDLEWARE:
            import_string(path)
        current_app.loader.import_default_modules()
        get_resolver().url_patterns  # noqa: B018 (loads every page)
    forked.freeze()
