"""The keys that all endpoints share: address, headers, titles."""

import re
from typing import Any, Literal

from django.utils.translation import gettext as _
from pydantic import field_validator

from siteconfig.schema.base import (
    USER_PROVIDED,
    AtLeastOne,
    Flag,
    Line,
    NotNegative,
    Open,
    Positive,
    is_web_address,
)

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TITLE_KEYS = {
    "titleConvo",
    "titleModel",
    "titleMethod",
    "titleEndpoint",
    "titlePrompt",
    "titlePromptTemplate",
    "titleTiming",
    "titleMessageRole",
}


def sendable(headers: dict[str, str]) -> dict[str, str]:
    """Return `headers`. Raises `ValueError` for what no HTTP client sends."""
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name):
            raise ValueError(_("“%s” cannot be the name of a header") % name)
        if any(character in value for character in "\r\n\x00"):
            raise ValueError(_("the value of “%s” must be one line") % name)
    return headers


class TitleKeys(Open):
    titleConvo: Flag = True
    titleModel: Line = ""
    titleMethod: Literal["completion", "structured", "functions"] = "completion"
    titleEndpoint: Line = ""
    titlePrompt: Line = ""
    titlePromptTemplate: Line = ""
    titleTiming: Literal["immediate", "final"] = "immediate"
    titleMessageRole: Literal["system", "user", "assistant"] = "system"

    @field_validator("titlePrompt")
    @classmethod
    def _asks(cls, prompt: str) -> str:
        if prompt and "{convo}" not in prompt:
            raise ValueError(_("must contain %s") % "{convo}")
        return prompt

    @field_validator("titlePromptTemplate")
    @classmethod
    def _shows(cls, template: str) -> str:
        if template and not ("{input}" in template and "{output}" in template):
            raise ValueError(_("must contain %s") % "{input}, {output}")
        return template

    @property
    def says_titles(self) -> bool:
        return bool(self.model_fields_set & _TITLE_KEYS)


class SharedWithAzure(TitleKeys):
    streamRate: NotNegative | None = None
    activityLabel: Flag | None = None
    activityModel: Line | None = None
    activityEndpoint: Line | None = None
    activityPrompt: Line | None = None
    activityMaxPerRun: AtLeastOne | None = None
    activityCharLimit: AtLeastOne | None = None
    activityPhaseLabel: Flag | None = None
    activityPhaseModel: Line | None = None
    activityPhaseEndpoint: Line | None = None
    activityPhasePrompt: Line | None = None
    activityPhaseMaxPerRun: AtLeastOne | None = None
    reasoningLabel: Flag | None = None
    reasoningLabelModel: Line | None = None
    reasoningLabelEndpoint: Line | None = None
    reasoningLabelPrompt: Line | None = None
    reasoningLabelMinChars: AtLeastOne | None = None
    reasoningLabelUpdateChars: AtLeastOne | None = None
    reasoningLabelUpdateIntervalMs: AtLeastOne | None = None
    reasoningLabelMaxPerRun: AtLeastOne | None = None


class All(SharedWithAzure):
    """`endpoints.all`: holds for every endpoint."""

    headers: dict[str, Line] = {}
    maxToolResultChars: Positive | None = None

    @field_validator("headers")
    @classmethod
    def _sendable(cls, headers: dict[str, str]) -> dict[str, str]:
        return sendable(headers)


class Shared(All):
    """A built-in provider."""

    baseURL: Line = ""

    @field_validator("baseURL")
    @classmethod
    def _address(cls, url: str) -> str:
        return base_url(url) if url else url


def base_url(url: str) -> str:
    """Return an endpoint's address. Raises `ValueError` unless it can be called, or is filled later."""
    if url != USER_PROVIDED and "${" not in url and not is_web_address(url):
        raise ValueError(_("must be an address that begins with http:// or https://"))
    return url


def add_params(params: dict[str, Any]) -> dict[str, Any]:
    """Return `params`. Raises `ValueError` for a value of the wrong kind."""
    if not isinstance(params.get("web_search", False), bool):
        raise ValueError(_("`web_search` must be true or false"))
    return params
