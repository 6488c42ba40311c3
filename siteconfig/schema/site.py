"""Small keys: registration, rate limits, captcha, allowed domains and the like."""

from typing import Annotated, Literal

from pydantic import Field

from siteconfig.schema.base import (
    AllowedAddresses,
    AtLeastOne,
    Count,
    Flag,
    Line,
    Number,
    Open,
    Positive,
    Text,
)


class OpenidDiscovery(Open):
    startupAttempts: Annotated[Count, Field(le=100)] = 1
    retryDelayMs: Annotated[AtLeastOne, Field(ge=100, le=3_600_000)] = 5_000


class Registration(Open):
    """Who may have an account, and through whom people sign in: shown in this order."""

    socialLogins: list[Literal["google", "facebook", "openid", "github", "discord", "saml", "apple"]] | None = None
    allowedDomains: list[Text] | None = None
    oauthStateTtlMs: Annotated[AtLeastOne, Field(ge=60_000, le=3_600_000)] | None = None
    openidDiscovery: OpenidDiscovery | None = None


class Permissions(Open):
    maxWriteAttempts: Annotated[AtLeastOne, Field(le=100)] = 3


class RateSettings(Open):
    ipMax: Number | None = None
    ipWindowInMinutes: Number | None = None
    userMax: Number | None = None
    userWindowInMinutes: Number | None = None


class AgentEvents(Open):
    userMax: AtLeastOne | None = None
    userWindowInMinutes: Positive | None = None


class McpApps(Open):
    resourcesPerMinute: Number | None = None
    toolCallsPerMinute: Number | None = None


class RateLimits(Open):
    fileUploads: RateSettings | None = None
    conversationsImport: RateSettings | None = None
    tts: RateSettings | None = None
    stt: RateSettings | None = None
    agentEvents: AgentEvents | None = None
    emailChange: RateSettings | None = None
    emailChangeConfirm: RateSettings | None = None
    mcpApps: McpApps | None = None


class TurnstileOptions(Open):
    language: Line = "auto"
    size: Literal["normal", "compact", "flexible", "invisible"] = "normal"


class Turnstile(Open):
    siteKey: Text
    options: TurnstileOptions = TurnstileOptions()


class Actions(Open):
    allowedDomains: list[Line] | None = None
    allowedAddresses: AllowedAddresses | None = None


class OpenApi(Open):
    enabled: Flag = False


class EmailChange(Open):
    enabled: Flag | None = None
    tokenTTLSeconds: Positive | None = None


UserField = Literal[
    "id",
    "email",
    "username",
    "name",
    "openidId",
    "samlId",
    "ldapId",
    "googleId",
    "githubId",
    "discordId",
    "appleId",
    "facebookId",
]


class Trace(Open):
    userIdField: UserField | None = None
    userMetadataFields: list[UserField | Literal["role", "provider"]] | None = None
    conversationMetadataFields: (
        list[Literal["conversationId", "endpoint", "endpointType", "provider", "model", "modelLabel", "spec"]] | None
    ) = None


class Langfuse(Open):
    enabled: Flag | None = None
    publicKey: Line | None = None
    secretKey: Line | None = None
    projectId: Line | None = None
    destination: Line | None = None
    headers: dict[str, Line] | None = None
    trace: Trace | None = None
