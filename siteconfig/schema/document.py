"""The whole of `librechat.yaml`. Fields have the file's own names; one without a default is None if not written."""

from typing import Any, Literal

from django.utils.translation import gettext as _
from pydantic import field_validator

from siteconfig.schema.base import Closed, Flag, Line
from siteconfig.schema.endpoints import Endpoints
from siteconfig.schema.files import Cloudfront, FileConfig, FileStrategies, Strategy
from siteconfig.schema.filters import Filters, MessageFilter
from siteconfig.schema.interface import Interface
from siteconfig.schema.mcp import McpAppSandbox, McpServer, McpSettings
from siteconfig.schema.memory import Memory, Summarization
from siteconfig.schema.model_specs import ModelSpecs
from siteconfig.schema.money import BalanceSettings, Parley, Transactions
from siteconfig.schema.site import (
    Actions,
    EmailChange,
    Langfuse,
    OpenApi,
    Permissions,
    RateLimits,
    Registration,
    Turnstile,
)
from siteconfig.schema.skill_sync import SkillSync
from siteconfig.schema.speech import Speech
from siteconfig.schema.web_search import Ocr, WebSearch

SCHEMA_VERSION = (1, 3, 17)


class Document(Closed):
    version: Line | float | int
    endpoints: Endpoints = Endpoints()
    balance: BalanceSettings | None = None
    transactions: Transactions = Transactions()
    parley: Parley = Parley()
    registration: Registration = Registration()
    modelSpecs: ModelSpecs = ModelSpecs()
    interface: Interface = Interface()
    permissions: Permissions | None = None
    cache: Flag | None = None
    ocr: Ocr | None = None
    webSearch: WebSearch | None = None
    langfuse: Langfuse | None = None
    memory: Memory | None = None
    summarization: Summarization | None = None
    skillSync: SkillSync | None = None
    secureImageLinks: Flag | None = None
    imageOutputType: Literal["png", "webp", "jpeg"] | None = None
    includedTools: list[Line] | None = None
    filteredTools: list[Line] | None = None
    mcpServers: dict[str, McpServer] | None = None
    mcpSettings: McpSettings | None = None
    mcpAppSandbox: McpAppSandbox | None = None
    turnstile: Turnstile | None = None
    fileStrategy: Strategy | None = None
    fileStrategies: FileStrategies | None = None
    cloudfront: Cloudfront | None = None
    actions: Actions | None = None
    speech: Speech | None = None
    rateLimits: RateLimits | None = None
    fileConfig: FileConfig | None = None
    filters: Filters | None = None
    messageFilter: MessageFilter | None = None
    openapi: OpenApi | None = None
    emailChange: EmailChange | None = None

    @field_validator("endpoints", mode="before")
    @classmethod
    def _not_empty(cls, value: Any) -> Any:
        if value == {}:
            raise ValueError(_("must not be empty"))
        return value
