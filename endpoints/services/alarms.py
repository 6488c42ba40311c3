"""Provider problems that administrators must be told about."""

import logging
from dataclasses import asdict
from uuid import UUID

from accounts.services import audit
from messages.events import Usage

log = logging.getLogger(__name__)


def implausible_usage(*, endpoint: str, model: str, owner_id: UUID, reported: Usage, charged: Usage) -> None:
    """Note that a provider reported more tokens than a call can have used, and what is charged instead."""
    log.error("%s reported tokens that %s cannot have used: %s; %s is charged", endpoint, model, reported, charged)
    audit.record(
        actor=None,
        action="usage.implausible",
        target=audit.AuditTarget("endpoint", endpoint, f"{endpoint} / {model}"),
        before={"reported": asdict(reported)},
        after={"charged": asdict(charged), "user": str(owner_id)},
    )
