"""System checks: an invalid configuration stops every command before it begins."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from endpoints.providers.factories import check_switches
from siteconfig.configuration import ConfigFaults, load_config


def check_configuration(**kwargs: Any) -> list[CheckMessage]:
    try:
        check_switches()
    except ImproperlyConfigured as fault:
        return [Error(line, id="endpoints.E002") for line in str(fault).splitlines()]
    try:
        load_config(settings.LIBRECHAT_CONFIG)  # no more: the database may not be there yet
    except ConfigFaults as error:
        hint = _("Fix the file, or set CONFIG_PATH to another one.")
        return [Error(f"{error.file}: {fault}", hint=hint, id="endpoints.E001") for fault in error.faults]
    return []
