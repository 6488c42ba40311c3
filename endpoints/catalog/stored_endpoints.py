"""Endpoints that administrators enter in the browser: stored with encrypted keys, in use everywhere within two seconds.

Each process re-reads the table every two seconds.
"""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import DatabaseError, InterfaceError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import audit
from core import secrets
from core.ttl_cache import ttl_cache
from endpoints.catalog.key_bindings import places_of
from endpoints.models import OperatorEndpoint
from endpoints.providers import registry
from endpoints.providers.base import Connection, Display, Endpoint, EndpointOrigin, ServedModels
from endpoints.providers.provider import Provider
from endpoints.providers.wires import wire_of_prefix
from siteconfig.schema.base import is_web_address
from siteconfig.schema.endpoint_custom import LOCAL_NAME

log = logging.getLogger(__name__)

MAX_KEY_LENGTH: Final = 4_096
_last: list[tuple[Endpoint, ...]] = [()]  # as it was known last
AUDITED_FIELDS: Final = (
    "kind",
    "provider",
    "name",
    "base_url",
    "api_key",
    "key_from_user",
    "model_names",
    "fetch_models",
    "is_enabled",
    "order",
)
_TAKEN: Final = {LOCAL_NAME, "agents", "assistants", "azureAssistants", "custom"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What an administrator enters. An empty `api_key` keeps the one that is stored, for the same address only."""

    kind: str
    name: str
    provider: str = ""
    base_url: str = ""
    api_key: str = field(default="", repr=False)
    key_from_user: bool = False
    model_names: tuple[str, ...] = ()
    fetch_models: bool = False
    is_enabled: bool = True
    order: int = 0


def endpoints() -> tuple[Endpoint, ...]:
    """Return the endpoints in force, in their order: the same tuple until something changes.

    While the database is away, or in an event loop, what was last known holds.
    """
    if not _in_event_loop():
        try:
            current = stored()
        except (DatabaseError, InterfaceError) as error:
            log.warning("the endpoints entered in the browser cannot be read; what was known holds: %s", error)
        else:
            if current != _last[0]:
                _last[0] = current
    return _last[0]


@ttl_cache
def stored() -> tuple[Endpoint, ...]:
    return tuple(to_endpoint(row) for row in OperatorEndpoint.objects.filter(is_enabled=True))


def to_endpoint(row: OperatorEndpoint) -> Endpoint:
    """Return what a row says, with its key."""
    provider = provider_of(row.kind)
    try:
        api_key = secrets.decrypt(row.api_key) if row.api_key else ""
    except secrets.Undecipherable:
        log.warning("the key of endpoint %s was encrypted under another CREDS_KEY; enter it again", row.name)
        api_key = ""
    base_url = row.base_url or provider.base_url
    is_other = row.kind == OperatorEndpoint.Kind.OTHER
    prefix = f"{row.provider}/" if is_other and row.provider else provider.model_prefix
    return Endpoint(
        row.name,
        Connection(
            wire_of_prefix(prefix) if is_other else provider.wire,
            base_url.rstrip("/"),
            api_key,
            key_header=provider.key_header,
            model_prefix=prefix,
            key_from_user=row.key_from_user,
            url_from_user=row.key_from_user and not base_url,
        ),
        Display(row.name, icon=row.kind),
        ServedModels(
            tuple(row.model_names) or provider.models,
            fetch=row.fetch_models and lists_models(row.kind) and not row.key_from_user,
        ),
        origin=EndpointOrigin(provider.name, custom=row.name != provider.name, written_by_operator=True),
    )


def lists_models(kind: str) -> bool:
    """Whether endpoints of this kind tell which models they have."""
    return kind != OperatorEndpoint.Kind.OTHER and provider_of(kind).lists_models


def provider_of(kind: str) -> Provider:
    """Return what stands fixed for a kind of endpoint: address, and the models when nothing is named."""
    return registry.provider_named(kind)


def save(*, actor: User, entry: Entry, row: OperatorEndpoint | None = None) -> OperatorEndpoint:
    """Store an endpoint, new or changed; it is in force at once. Raises `ValidationError`, by field.

    The audit entry tells that the key changed, never the key.
    """
    before = to_dict(row) if row else {}
    _refuse_address(actor, entry, row)
    row = apply(entry, row or OperatorEndpoint())
    with transaction.atomic():
        row.save()
        old, new = audit.changes(before, to_dict(row))
        if new:
            verb = "updated" if before else "created"
            target, old = _target(row), old if before else {}
            audit.record(actor=actor, action=f"{target.type}.{verb}", target=target, before=old, after=new)
        stored.invalidate()
    return row


def _refuse_address(actor: User, entry: Entry, row: OperatorEndpoint | None) -> None:
    """What stands here counts as the operator's, private addresses included: only administrators add to it.

    Who has the power `manage:configs` alone chooses among the addresses of the providers that the set-up knows.
    """
    known = {preset.base_url for preset in registry.presets() if preset.base_url.startswith("https://")} | {
        row.base_url if row else ""
    }
    if not actor.is_admin and entry.base_url.strip().rstrip("/") not in known | {""}:
        raise ValidationError({"base_url": _("Only an administrator can enter a custom address.")})


def entry_of(row: OperatorEndpoint) -> Entry:
    """Return what a stored row would be entered as; its key stays where it is."""
    return Entry(
        kind=row.kind,
        provider=row.provider,
        name=row.name,
        base_url=row.base_url,
        key_from_user=row.key_from_user,
        model_names=tuple(row.model_names),
        fetch_models=row.fetch_models,
        is_enabled=row.is_enabled,
        order=row.order,
    )


def apply(entry: Entry, row: OperatorEndpoint) -> OperatorEndpoint:
    """Fill the row with what was entered, and store nothing. Raises `ValidationError`, by field."""
    places = places_of(to_endpoint(row)) if row.api_key else None
    row.kind, row.name, row.base_url = entry.kind, entry.name.strip(), entry.base_url.strip().rstrip("/")
    row.provider = entry.provider.strip() if entry.kind == OperatorEndpoint.Kind.OTHER else ""
    row.key_from_user, row.is_enabled, row.order = entry.key_from_user, entry.is_enabled, entry.order
    row.model_names, row.fetch_models = list(dict.fromkeys(entry.model_names)), entry.fetch_models
    key = entry.api_key.strip()
    if entry.key_from_user:
        row.api_key = row.key_end = ""
    elif key:
        row.api_key, row.key_end = secrets.encrypt(key), key[-4:] if len(key) >= 12 else ""
    row.updated_at = timezone.now()
    faults = _faults(row, key)
    if places is not None and row.api_key and not key and places_of(to_endpoint(row)) != places:
        faults["api_key"] = _("The stored key belongs to the previous address. Paste the key for this one.")
    if faults:
        raise ValidationError(faults)
    row.full_clean(exclude=["api_key"])
    return row


def remove(*, actor: User, row: OperatorEndpoint) -> None:
    """Delete an endpoint; conversations keep its name."""
    with transaction.atomic():
        target = _target(row)
        audit.record(actor=actor, action=f"{target.type}.deleted", target=target, before=to_dict(row))
        row.delete()
        stored.invalidate()


def _faults(row: OperatorEndpoint, key: str) -> dict[str, str]:
    """Return what keeps the endpoint from being used, by field. `key` is the new one, if any."""
    faults = {}
    has_address = bool(provider_of(row.kind).base_url)
    if len(key) > MAX_KEY_LENGTH or not key.isprintable() or not key.isascii():
        faults["api_key"] = _("A key must be a single line of plain characters. Copy it again without line breaks.")
    elif not row.api_key and not row.key_from_user and has_address:
        faults["api_key"] = _("Paste a key, or let everyone use their own.")
    if row.base_url and not is_web_address(row.base_url):
        faults["base_url"] = _(
            "An address must begin with https:// or http:// and can't contain a username or password."
        )
    elif not row.base_url and not has_address and not row.key_from_user:
        faults["base_url"] = _("Enter the address of the provider's API.")
    if row.kind == OperatorEndpoint.Kind.OTHER and not row.provider:
        faults["provider"] = _("Enter the provider's name in litellm.")
    if row.name in _TAKEN:
        faults["name"] = _("This name is reserved. Choose another.")
    if not row.model_names and not row.fetch_models and not provider_of(row.kind).models:
        faults["model_names"] = _("Name at least one model, or offer every model the provider lists.")
    return faults


def to_dict(row: OperatorEndpoint) -> dict[str, Any]:
    """Return what the audit log is told of a row; of the key, that there is one (`audit.SECRET_FIELDS`)."""
    return {name: getattr(row, name) for name in AUDITED_FIELDS}


def _target(row: OperatorEndpoint) -> audit.AuditTarget:
    return audit.AuditTarget(str(row._meta.model_name), str(row.id), row.name)


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
