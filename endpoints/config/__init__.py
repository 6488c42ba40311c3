"""The configuration file, `librechat.yaml`: read once at start, refused as a whole when anything in it is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _
from pydantic import BaseModel, ValidationError

from endpoints.addresses import exemption
from endpoints.config.faults import ConfigFaults, Fault, Lines, Place, message_of, path_of
from endpoints.config.interpolate import interpolate
from endpoints.config.money import Balance, Billing, Parley, Transactions, policy_of
from endpoints.config.schema import LATER, TOP_LEVEL, CustomEndpoint, CustomParams, Document, Endpoints, Registration

__all__ = ["Config", "ConfigFaults", "Fault", "load_config"]


@dataclass(frozen=True, slots=True)
class Config:
    """What the file says. `not_in_use` names keys that are accepted and have no effect yet."""

    custom: tuple[CustomEndpoint, ...] = ()
    not_in_use: tuple[str, ...] = ()
    money: Mapping[str, Any] = field(default_factory=dict)  # fields of `billing.policy.Policy`
    registration: Registration = field(default_factory=Registration)
    allowed_addresses: frozenset[tuple[str, int]] = frozenset()  # host and port of `endpoints.allowedAddresses`


_CLOSED: dict[str, type[BaseModel]] = {
    "endpoints": Endpoints, "customParams": CustomParams, "balance": Balance, "transactions": Transactions,
    "parley": Parley, "billing": Billing,
}  # fmt: skip


def load_config(path: Path) -> Config:
    """Return what the file says; a file that is not there says nothing. Raises `ConfigFaults` with every fault."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return Config()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigFaults(path.name, [Fault("", 0, _("cannot be read: %s") % error)]) from None
    try:
        return _checked(path.name, text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        fault = Fault("", mark.line + 1 if mark else 0, _("is not valid YAML: %s") % problem)
        raise ConfigFaults(path.name, [fault]) from None
    except RecursionError:  # also of an alias that holds itself
        raise ConfigFaults(path.name, [Fault("", 0, _("is nested too deeply"))]) from None


def _checked(file: str, text: str) -> Config:
    lines = Lines(yaml.compose(text, Loader=yaml.SafeLoader))
    document = yaml.safe_load(text)
    if document is None:
        return Config()
    if not isinstance(document, dict):
        raise ConfigFaults(file, [Fault("", lines.of(()), _("must be a mapping of keys to values"))])
    twice = [Fault(path_of(place), line, _("stands here a second time")) for place, line in lines.repeated_keys()]
    config, faults = _validated(document, lines)
    faults += twice + _unknown_keys(document, lines)
    if faults:
        raise ConfigFaults(file, sorted(faults, key=lambda fault: fault.line))
    return config


def _unknown_keys(document: dict[Any, Any], lines: Lines) -> list[Fault]:
    message = _("is not a known key here. Allowed: %s") % ", ".join(TOP_LEVEL)
    return [Fault(path_of((str(name),)), lines.of((str(name),)), message) for name in document if name not in TOP_LEVEL]


def _validated(document: dict[Any, Any], lines: Lines) -> tuple[Config, list[Fault]]:
    filled = {name: interpolate(value) if name == "endpoints" else value for name, value in document.items()}
    try:
        found = Document.model_validate(filled)
        custom = tuple(found.endpoints.custom) if found.endpoints else ()
        allowed = frozenset(map(exemption, found.endpoints.allowedAddresses if found.endpoints else ()))
        unused = [name for name in LATER if name in document]
        if found.transactions is not None and not found.transactions.enabled:
            unused.append("transactions.enabled")
        return Config(custom, tuple(unused), policy_of(found.balance, found.parley), found.registration, allowed), []
    except ValidationError as error:
        faults: dict[tuple[str, str], Fault] = {}
        for each in error.errors(include_url=False, include_input=False):
            place = _in_file(each["loc"])
            message = message_of(each, _allowed(place))
            fault = Fault(path_of(place), lines.of(place), message)
            faults[fault.path, fault.message] = fault
        return Config(), list(faults.values())


def _in_file(place: Place) -> Place:
    """Return the place without the names that pydantic gives to the branches of a union."""
    return tuple(step for step in place if step not in {"str", "float", "int"})


def _allowed(place: Place) -> list[str]:
    parent = next((step for step in reversed(place[:-1]) if isinstance(step, str)), "")
    model = _CLOSED.get(parent)
    return list(model.model_fields) if model else []
