"""System checks: a faulty configuration stops every command before it begins."""

from typing import Any

from django.core.checks import CheckMessage, Error
from django.utils.translation import gettext as _

from endpoints import registry
from endpoints.config import ConfigFaults


def check_configuration(**kwargs: Any) -> list[CheckMessage]:
    try:
        registry.current()
    except ConfigFaults as found:
        hint = _("Mend the file, or start without it: CONFIG_PATH names another.")
        return [Error(f"{found.file}: {fault}", hint=hint, id="endpoints.E001") for fault in found.faults]
    return []
