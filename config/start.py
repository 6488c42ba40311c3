"""Loading the settings: errors in them are reported in plain words, not as a stack trace."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from siteconfig.environment.reader import env


def load_settings() -> None:
    """Load the settings, or end the process."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        settings.INSTALLED_APPS  # noqa: B018 (the first access loads them)
    except ImproperlyConfigured as fault:
        explain(fault)


def explain(fault: ImproperlyConfigured) -> None:
    """End the process with what is wrong."""
    faults = "\n".join(dict.fromkeys([*env.faults, str(fault)]))
    sys.exit(f"Parley cannot start:\n  {faults.replace(chr(10), chr(10) + '  ')}")
