"""`mcpServers`, `mcpSettings` and `mcpAppSandbox`. Times are in milliseconds."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from pydantic import AfterValidator, Field, StrictStr, model_validator

from siteconfig.schema.base import AllowedAddresses, AtLeastOne, Count, Flag, Line, Number, Open, Text

Seconds30 = Annotated[AtLeastOne, Field(le=30_000)]
_WEB = ("http", "https")
_SOCKET = ("ws", "wss")


def _url(url: str) -> str:
    if "${" not in url and "{{" not in url and not (urlsplit(url).scheme and urlsplit(url).netloc):
        raise ValueError(_("must be an address"))
    return url


Url = Annotated[Text, AfterValidator(_url)]


class OAuth(Open):
    authorization_url: Url | None = None
    token_url: Url | None = None
    redirect_uri: Url | None = None
    revocation_endpoint: Url | None = None
    client_id: Line | None = None
    client_secret: Line | None = None
    scope: Line | None = None
    audience: Line | None = None
    forward_audience_on_refresh: Flag = True
    send_resource_parameter: Flag = True
    token_exchange_method: Literal["default_post", "basic_auth_header"] | None = None
    grant_types_supported: list[Line] | None = None
    token_endpoint_auth_methods_supported: list[Line] | None = None
    response_types_supported: list[Line] | None = None
    code_challenge_methods_supported: list[Line] | None = None
    skip_code_challenge_check: Flag | None = None
    revocation_endpoint_auth_methods_supported: list[Line] | None = None

    @model_validator(mode="after")
    def _whole(self) -> "OAuth":
        if self.client_secret is not None and not (self.client_id and self.authorization_url and self.token_url):
            raise ValueError(_("`client_secret` needs `client_id`, `authorization_url` and `token_url`"))
        return self


class ServerKey(Open):
    source: Literal["admin", "user"]
    authorization_type: Literal["basic", "bearer", "custom"]
    custom_header: Line | None = None
    key: Line | None = None


class UserVariable(Open):
    title: Line
    description: Line
    sensitive: Flag = True


class Obo(Open):
    scopes: Line


class McpServer(Open):
    """A server of one of four kinds; `type` may be left out except for `streamable-http`."""

    type: Literal["stdio", "websocket", "sse", "streamable-http", "http"] | None = None
    command: Text | None = None
    args: list[Line] | None = None
    env: dict[str, Line] | None = None
    stderr: Literal["pipe", "ignore", "inherit"] | Count | None = None
    cwd: Line | None = None
    url: Url | None = None
    headers: dict[str, Line] | None = None
    requestHeaders: dict[str, Line] | None = None
    proxy: Url | None = None
    obo: Obo | None = None
    title: Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 '-]*$")] | None = None
    description: Line | None = None
    iconPath: Line | None = None
    startup: Flag = True
    chatMenu: Flag = True
    timeout: Count | None = None
    initTimeout: Count | None = None
    sseReadTimeout: AtLeastOne | None = None
    serverInstructions: Flag | Line | None = None
    requiresOAuth: Flag | None = None
    oauth: OAuth | None = None
    oauth_headers: dict[str, Line] | None = None
    oauthRefreshCoordination: Flag = False
    oauthRefreshWaitTimeout: Seconds30 | None = None
    oauthPersistenceWaitTimeout: Annotated[AtLeastOne, Field(le=840_000)] | None = None
    apiKey: ServerKey | None = None
    customUserVars: dict[str, UserVariable] | None = None

    @model_validator(mode="after")
    def _of_a_kind(self) -> "McpServer":
        if self.type == "stdio" or (self.type is None and self.command is not None):
            if self.command is None or self.args is None:
                raise ValueError(_("a server of type stdio needs `command` and `args`"))
        elif self.url is None:
            raise ValueError(_("needs `url`, or `command` and `args`"))
        else:
            self._check_scheme(self.url)
        return self

    def _check_scheme(self, url: str) -> None:
        allowed = _SOCKET if self.type == "websocket" else _WEB if self.type else _WEB + _SOCKET
        if "${" not in url and "{{" not in url and urlsplit(url).scheme not in allowed:
            raise ValueError(_("the `url` of this type must begin with one of: %s") % ", ".join(allowed))


class CatalogRecovery(Open):
    discoveryBackoffMs: (
        Annotated[list[Annotated[AtLeastOne, Field(le=86_400_000)]], Field(min_length=1, max_length=8)] | None
    ) = None
    discoveryTimeoutMs: Annotated[AtLeastOne, Field(le=300_000)] = 3_000
    discoverySettleGraceMs: Annotated[Count, Field(le=300_000)] = 10_000
    reauthRetryMs: Annotated[AtLeastOne, Field(le=86_400_000)] = 1_800_000
    maxStateEntries: Annotated[AtLeastOne, Field(le=1_000_000)] = 10_000
    maxDetachedDiscoveries: Annotated[AtLeastOne, Field(le=1_000)] = 3
    generationReadTimeoutMs: Annotated[AtLeastOne, Field(le=10_000)] = 500
    authorizationFenceRetryMs: (
        Annotated[list[Annotated[Count, Field(le=60_000)]], Field(min_length=1, max_length=8)] | None
    ) = None
    authorizationFenceTimeoutMs: Annotated[AtLeastOne, Field(le=30_000)] = 1_000
    authorizationFenceRetryIntervalMs: Annotated[AtLeastOne, Field(le=3_600_000)] = 30_000
    authorizationFenceRetryBatchSize: Annotated[AtLeastOne, Field(le=10_000)] = 100


class McpSettings(Open):
    allowedDomains: list[Line] | None = None
    allowedAddresses: AllowedAddresses | None = None
    catalogRecovery: CatalogRecovery | None = None
    apps: Flag | None = None


class McpAppSandbox(Open):
    url: Url | None = None
    maxSourcesPerDirective: Number | None = None
    maxSerializedLength: Number | None = None
    maxPersistedAppBytes: Number | None = None
    maxAdmissionRequestsPerMinute: Number | None = None
    maxActiveViews: Number | None = None
    maxActionPreviewChars: Number | None = None
