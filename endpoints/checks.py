"""A faulty configuration stops every command at its start, with all its faults."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from endpoints.config import ConfigFaults, load_config


@register()
def check_config(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    try:
        load_config(settings.LIBRECHAT_CONFIG)
    except ConfigFaults as faults:
        hint = "Mend the file, or start without it: CONFIG_PATH names another."
        return [Error(f"{faults.file}: {fault}", hint=hint, id="endpoints.E001") for fault in faults.faults]
    return []
