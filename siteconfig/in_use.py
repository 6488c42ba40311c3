"""The keys of the file that have an effect. Others are accepted and validated, and the doctor lists them."""

from collections.abc import Iterator, Mapping
from typing import Any

from siteconfig.faults import KeyPath, path_of
from siteconfig.parameters.settings import keys

_TITLES = ("titleConvo", "titleModel", "titleMethod", "titleEndpoint", "titlePrompt", "titlePromptTemplate",
           "titleTiming")  # fmt: skip
_BUILT_IN = (*_TITLES, "headers", "baseURL")
_CUSTOM = (
    *_TITLES, "titleMessageRole", "headers", "name", "apiKey", "baseURL", "models.default.*.name", "models.fetch",
    "models.userIdQuery", "provider", "iconURL", "modelDisplayLabel", "addParams", "dropParams", "customParams",
    "directEndpoint", "tokenConfig",
)  # fmt: skip
_AZURE = (*_TITLES, *(f"groups.*.{key}" for key in (
    "group", "apiKey", "instanceName", "deploymentName", "version", "baseURL", "additionalHeaders", "serverless",
    "addParams", "dropParams", "models.*.deploymentName", "models.*.version",
)))  # fmt: skip
_SPEC = (
    "name", "label", "order", "default", "softDefault", "description", "group", "groupIcon", "iconURL",
    "showIconInMenu", "showIconInHeader", "showOnLanding", "conversation_starters", "showInMenu",
    *(f"preset.{key}" for key in ("endpoint", "model", *keys())),
)  # fmt: skip
_IN_USE = (
    "version", "parley", "transactions", "interface.modelSelect", "interface.parameters",
    *(f"modelSpecs.{key}" for key in ("enforce", "prioritize", "addedEndpoints")),
    *(f"modelSpecs.list.*.{key}" for key in _SPEC), "endpoints.allowedAddresses",
    *(f"balance.{key}" for key in ("enabled", "startBalance", "autoRefillEnabled", "refillIntervalValue",
                                   "refillIntervalUnit", "refillAmount")),
    "registration.socialLogins", "registration.allowedDomains",
    *(f"endpoints.all.{key}" for key in (*_TITLES, "headers")),
    *(f"endpoints.{name}.{key}" for name in ("openAI", "google", "anthropic", "bedrock") for key in _BUILT_IN),
    "endpoints.anthropic.models", "endpoints.anthropic.vertex",
    *(f"endpoints.bedrock.{key}" for key in ("models", "availableRegions", "inferenceProfiles", "guardrailConfig")),
    *(f"endpoints.azureOpenAI.{key}" for key in _AZURE),
    *(f"endpoints.custom.*.{key}" for key in _CUSTOM),
)  # fmt: skip


def _tree() -> dict[str, Any]:
    root: dict[str, Any] = {}
    for path in _IN_USE:
        branch = root
        for step in path.split("."):
            branch = branch.setdefault(step, {})
    return root


_TREE = _tree()


def is_preview(name: object) -> bool:
    """Return whether a key holds the masked copy of the secret beside it, which other programs write."""
    return str(name).endswith("KeyPreview")


def not_in_use(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the paths of keys without effect; of a list's items, each path once."""
    key_paths = _without_effect(document, _TREE, ())
    return tuple(dict.fromkeys(path_of(key_path).replace(".*", "[]") for key_path in key_paths))


def _without_effect(value: Any, branch: dict[str, Any], key_path: KeyPath) -> Iterator[KeyPath]:
    if not branch:  # all below has an effect
        return
    if isinstance(value, list):
        for child in value:
            yield from _without_effect(child, branch.get("*", {}), (*key_path, "*"))
    elif isinstance(value, dict):
        for name, child in value.items():
            if is_preview(name):
                continue
            following = branch.get(str(name), branch.get("*"))
            if following is None:
                yield (*key_path, str(name))
            else:
                yield from _without_effect(child, following, (*key_path, str(name)))
