"""Loading the settings: errors in them are reported in plain words, not as a stack trace."""

import os
import resource
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from siteconfig.environment.reader import env

MAX_FILES = 65_536  # open at once, as far as the system lets a process have so many


def load_settings() -> None:
    """Load the settings, or end the process."""
    allow_many_files()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        settings.INSTALLED_APPS  # noqa: B018 (the first access loads them)
    except ImproperlyConfigured as fault:
        explain(fault)


def allow_many_files() -> None:
    """Raise how many files this process and its children may have open: each tab is one, or two.

    The usual 1,024 are kept for programs that wait with `select`, which none of ours does.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def explain(fault: ImproperlyConfigured) -> None:
    """End the process with what is wrong."""
    faults = "\n".join(dict.fromkeys([*env.faults, str(fault)]))
    sys.exit(f"Parley cannot start:\n  {faults.replace(chr(10), chr(10) + '  ')}")
