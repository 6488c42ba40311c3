"""Loading the configuration file, `librechat.yaml`: one error anywhere rejects the whole file."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _
from pydantic import ValidationError

from siteconfig.faults import ConfigFaults, Fault, KeyPath, Lines, path_of
from siteconfig.findings import faults_of
from siteconfig.in_use import is_preview, not_in_use
from siteconfig.interpolate import INSTANCE, interpolate, pruned
from siteconfig.reading import read
from siteconfig.schema.document import SCHEMA_VERSION, Document
from siteconfig.schema.endpoint_custom import RESERVED, CustomEndpoint

__all__ = ["Config", "ConfigFaults", "Fault", "load_config"]

LeftOut = list[tuple[KeyPath, str]]
_WITHOUT_MODELS = {"agents", "assistants", "azureAssistants", "custom"}  # of the built-in names
_INSTANCE = frozenset({"INSTANCE_NAME", "DEPLOYMENT_NAME"})  # filled for each model


@dataclass(frozen=True, slots=True)
class Config:
    """What the file says. `not_in_use` names keys that are accepted and have no effect yet."""

    document: Document = field(default_factory=lambda: Document(version=""))
    not_in_use: tuple[str, ...] = ()
    notices: tuple[Fault, ...] = ()  # what is passed over, and what was probably not meant


def load_config(path: Path) -> Config:
    """Return what the file says; a file that is not there says nothing. Raises `ConfigFaults` with every fault."""
    if path.parts[:1] in {("http:",), ("https:",)}:
        raise ConfigFaults(
            "CONFIG_PATH", [Fault("", 0, _("is a web address. Download the file and use its path instead."))]
        )
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
    root, document = read(text)
    lines = Lines(root)
    if document is None:
        return Config()
    if not isinstance(document, dict):
        raise ConfigFaults(file, [Fault("", lines.of(()), _("must be a mapping of keys to values"))])
    written = {name: value for name, value in document.items() if value is not None}
    faults = [Fault(path_of(key_path), line, _("is already set above")) for key_path, line in lines.repeated_keys()]
    notices: list[Fault] = []
    left_out: LeftOut = []
    try:
        valid_document = _validated(written, left_out)
    except ValidationError as error:
        said = faults_of(error, written, lines)
        # An invalid `summarization` was always passed over with a warning, and the files out there rely on that.
        notices = [fault for fault in said if fault.path.startswith("summarization")]
        faults += [fault for fault in said if fault not in notices]
        if not faults:
            rest = {name: value for name, value in written.items() if name != "summarization"}
            valid_document = _validated(rest, left_out)
    if faults:
        raise ConfigFaults(file, sorted(faults, key=lambda fault: fault.line))
    notices += [Fault(path_of(key_path), lines.of(key_path), why) for key_path, why in dict(left_out).items()]
    return _config(valid_document, written, [*notices, *_notices(valid_document, written, lines)])


def _validated(document: dict[Any, Any], left_out: LeftOut) -> Document:
    """Return the document with its variables filled in; `left_out` gets each place where that cannot be, and why."""
    endpoints = document.get("endpoints")
    if not isinstance(endpoints, dict):
        return Document.model_validate(document)
    keeps = {name: INSTANCE if name == "azureOpenAI" else frozenset[str]() for name in endpoints}
    filled = {name: interpolate(value, keep=keeps[name]) for name, value in endpoints.items()}
    valid_document = Document.model_validate(document | {"endpoints": filled})
    rest = {name: pruned(value, ("endpoints", name), left_out, keeps[name]) for name, value in filled.items()}
    if not left_out:
        return valid_document
    if isinstance(rest.get("custom"), list):
        rest["custom"] = [endpoint for endpoint in rest["custom"] if _has_models(endpoint, left_out)]
    return Document.model_validate(document | {"endpoints": rest})


def _has_models(endpoint: dict[str, Any], left_out: LeftOut) -> bool:
    """Return whether an endpoint has models still; else it goes, and the reason stands in `left_out`."""
    models = endpoint["models"]
    if models.get("default", True) or models.get("fetch"):
        return True
    why = _("endpoint %s is left out because none of its models is set") % endpoint["name"]
    left_out.append((("endpoints", "custom"), why))
    return False


def _config(document: Document, written: dict[str, Any], notices: list[Fault]) -> Config:
    unknown = {re.sub(r"\[\d+\]", "[]", fault.path) for fault in notices}
    unused = [path for path in not_in_use(written) if path not in unknown]
    if not document.transactions.enabled:
        unused.append("transactions.enabled")
    return Config(document, tuple(unused), tuple(notices))


def _notices(document: Document, written: dict[str, Any], lines: Lines) -> list[Fault]:
    notices = []
    if _number(str(document.version)) > SCHEMA_VERSION:
        newest = ".".join(str(part) for part in SCHEMA_VERSION)
        notices.append(
            Fault("version", lines.of(("version",)), _("is newer than %s, the newest supported version") % newest)
        )
    notices += _title_endpoints(document, written, lines)
    custom = written["endpoints"].get("custom") if "endpoints" in written else None
    for number, endpoint in enumerate(custom or []):
        for name in endpoint:
            if name not in CustomEndpoint.model_fields and not is_preview(name):
                key_path = ("endpoints", "custom", number, str(name))
                notices.append(Fault(path_of(key_path), lines.of(key_path), _("is unknown and has no effect")))
    return notices


def _title_endpoints(document: Document, written: dict[str, Any], lines: Lines) -> Iterator[Fault]:
    """Yield where titles are to come from an endpoint that there is not: they come from the conversation's then."""
    endpoints = written.get("endpoints")
    if not isinstance(endpoints, dict):
        return
    known = {*RESERVED, *(endpoint.name for endpoint in document.endpoints.custom)} - _WITHOUT_MODELS
    sections: list[tuple[KeyPath, Any]] = [(("endpoints", str(name)), section) for name, section in endpoints.items()]
    sections += [
        (("endpoints", "custom", number), section) for number, section in enumerate(endpoints.get("custom") or [])
    ]
    for key_path, section in sections:
        named = section.get("titleEndpoint") if isinstance(section, dict) else None
        if named and interpolate(named) not in known:
            at = (*key_path, "titleEndpoint")
            message = _("“%s” is not an endpoint, so the conversation's own endpoint writes the titles")
            yield Fault(path_of(at), lines.of(at), message % named)


def _number(version: str) -> tuple[int, ...]:
    """
    >>> _number("1.3.17-rc1")
    (1, 3, 17)
    """
    plain = version.partition("-")[0].split(".")
    return tuple(int(part) for part in plain if part.isdecimal())
