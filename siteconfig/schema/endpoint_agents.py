"""`endpoints.agents`: what agents may do, and within which limits."""

from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _
from pydantic import Field, StrictStr, field_validator, model_validator

from siteconfig.schema.base import (
    AtLeastOne,
    Closed,
    Count,
    Flag,
    Line,
    Number,
    Open,
    Ratio,
    Text,
    Texts,
    WebAddress,
)
from siteconfig.schema.endpoint_shared import All

Id = Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$")]
Verdict = Literal["ask", "allow", "deny"]
Day = Annotated[Count, Field(le=86_400_000)]  # milliseconds
Capability = Literal[
    "hide_sequential_outputs",
    "programmatic_tools",
    "end_after_tools",
    "deferred_tools",
    "execute_code",
    "stateful_code_sessions",
    "file_search",
    "web_search",
    "artifacts",
    "subagents",
    "actions",
    "context",
    "skills",
    "memory",
    "ask_user_question",
    "tools",
    "chain",
    "ocr",
    "run_in_background",
    "tool_intents",
]


class RepositoryInstructions(Open):
    timeoutMs: Annotated[AtLeastOne, Field(ge=100, le=30_000)] = 2_000


class FileSharing(Open):
    enabled: Flag = False
    allowSiblingSharing: Flag = False
    maxFiles: Annotated[AtLeastOne, Field(le=1_000)] = 100
    maxPrivateBytes: Annotated[AtLeastOne, Field(le=10_737_418_240)] = 268_435_456
    ttlMs: Annotated[AtLeastOne, Field(le=86_400_000)] = 3_600_000


class PrincipalWorkers(Open):
    enabled: Flag | None = None
    maxPerUser: Annotated[Count, Field(le=9_007_199_254_740_991)] = 5


class ConversationMoves(Open):
    enabled: Flag | None = None


class Pairing(Open):
    workerId: Id | None = None
    allowPrincipalWorkers: Flag = False
    tokenEnv: Annotated[StrictStr, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class PermissionChoice(Open):
    allowed: list[Verdict] | None = None
    default: Verdict | None = None


class PermissionChoices(Open):
    fileWrite: PermissionChoice | None = None
    commandExecution: PermissionChoice | None = None


class WorkerLimits(Open):
    maxCommandTimeoutMs: Annotated[AtLeastOne, Field(le=300_000)] | None = None
    maxQueueWaitMs: Annotated[Count, Field(le=300_000)] | None = None


class ConfigSchema(Open):
    permissions: PermissionChoices | None = None
    limits: WorkerLimits | None = None


class WorkerPermissions(Open):
    fileWrite: Verdict | None = None
    commandExecution: Verdict | None = None


class WorkerSettings(Open):
    permissions: WorkerPermissions | None = None


class WorkerEnvironment(Open):
    id: Id
    name: Annotated[StrictStr, Field(min_length=1, max_length=100)]
    type: Literal["managed", "attached"]
    baseURL: WebAddress
    default: Flag = False
    workerId: Id | None = None
    owner: Literal["deployment", "principal"] = "deployment"
    pairing: Pairing | None = None
    configSchema: ConfigSchema | None = None
    settings: WorkerSettings | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "WorkerEnvironment":
        if "?" in self.baseURL:
            raise ValueError(_("`baseURL` must not have a query"))
        if self.pairing is not None and self.type != "attached":
            raise ValueError(_("`pairing` needs `type: attached`"))
        return self


class StatefulCodeSessions(Open):
    allowedEnvironments: Annotated[list[Literal["user", "agent-user", "conversation"]], Field(min_length=1)]
    principalWorkers: PrincipalWorkers | None = None
    conversationMoves: ConversationMoves | None = None
    environments: list[WorkerEnvironment] | None = None

    @field_validator("environments")
    @classmethod
    def _one_default(cls, environments: list[WorkerEnvironment] | None) -> list[WorkerEnvironment] | None:
        if environments:
            if len({environment.id for environment in environments}) != len(environments):
                raise ValueError(_("every `id` must be unique"))
            if sum(environment.default for environment in environments) != 1:
                raise ValueError(_("exactly one must have `default: true`"))
        return environments


class EventDriven(Open):
    selfUrl: WebAddress | None = None


class BackgroundTasks(Open):
    completionWakeups: Flag = True
    completionResultMaxChars: Annotated[AtLeastOne, Field(le=65_536)] = 24_576
    completionResultBatchSize: Annotated[AtLeastOne, Field(le=16)] = 8
    ordinaryToolCancellation: Flag = False


class SkillCatalog(Open):
    maxCatalogSkills: Annotated[AtLeastOne, Field(le=100)] | None = None


class ManagementOidc(Closed):
    enabled: Flag = False
    issuer: WebAddress | None = None
    audience: Text | None = None
    jwksUri: WebAddress | None = None
    tokenUse: Literal["access"] | None = None
    requiredScopes: (
        Annotated[
            list[Annotated[StrictStr, Field(min_length=1, max_length=256, pattern=r"^\S+$")]],
            Field(min_length=1, max_length=20),
        ]
        | None
    ) = None

    @model_validator(mode="after")
    def _whole(self) -> "ManagementOidc":
        if self.enabled and self.issuer is None:
            raise ValueError(_("`enabled: true` needs `issuer`"))
        if self.enabled and self.audience is None and not (self.tokenUse and self.requiredScopes):
            raise ValueError(_("`enabled: true` needs `audience`, or `tokenUse` and `requiredScopes`"))
        return self


class ManagementClient(Closed):
    clientId: Annotated[StrictStr, Field(min_length=1, max_length=128)]
    userId: Annotated[StrictStr, Field(pattern=r"^[a-f\d]{24}$")]
    tenantId: Annotated[StrictStr, Field(max_length=128, pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_.-]*$")]
    subject: Annotated[StrictStr, Field(min_length=1, max_length=512)] | None = None
    enabled: Flag = True


class ManagementAuth(Closed):
    oidc: ManagementOidc
    clients: Annotated[list[ManagementClient], Field(max_length=100)] = []

    @model_validator(mode="after")
    def _someone(self) -> "ManagementAuth":
        if len({client.clientId for client in self.clients}) != len(self.clients):
            raise ValueError(_("every `clientId` must be unique"))
        if self.oidc.enabled and not self.clients:
            raise ValueError(_("`oidc.enabled: true` needs `clients`"))
        return self


class ManagementApi(Closed):
    auth: ManagementAuth | None = None


class RemoteKey(Open):
    enabled: Flag = True


class RemoteOidc(Open):
    enabled: Flag = False
    issuer: WebAddress | None = None
    audience: Text | None = None
    jwksUri: WebAddress | None = None
    scope: Line | None = None

    @model_validator(mode="after")
    def _whole(self) -> "RemoteOidc":
        if self.enabled and (self.issuer is None or self.audience is None):
            raise ValueError(_("`enabled: true` needs `issuer` and `audience`"))
        if self.scope is not None and "," in self.scope:
            raise ValueError(_("`scope` is separated by spaces, not commas"))
        return self


class RemoteAuth(Open):
    apiKey: RemoteKey | None = None
    oidc: RemoteOidc | None = None


class RemoteApi(Open):
    auth: RemoteAuth | None = None


class Hook(Open):
    module: Text
    matcher: Line | None = None
    options: dict[str, Any] | None = None


class ToolApproval(Open):
    enabled: Flag = False
    mode: Literal["default", "dontAsk", "bypass"] = "default"
    allow: list[Line] | None = None
    deny: list[Line] | None = None
    ask: list[Line] | None = None
    reason: Line | None = None
    hooks: list[Hook] | None = None


class RetainedAnswers(Open):
    enabled: Flag = True
    maxTokens: AtLeastOne = 4_096


class AskUserQuestion(Open):
    retainedAnswers: RetainedAnswers | None = None


class Checkpointer(Open):
    type: Literal["mongo", "memory"] = "mongo"
    ttl: AtLeastOne = 86_400
    checkpointCollectionName: Line | None = None
    checkpointWritesCollectionName: Line | None = None


class Agents(All):
    maxProviderErrorChars: Annotated[Count, Field(le=1_000_000)] = 2_000
    modelResponseBodyTimeoutMs: Day = 900_000
    modelResponseHeadersTimeoutMs: Day = 300_000
    recursionLimit: Number = 25
    disableBuilder: Flag = False
    repositoryInstructions: RepositoryInstructions | None = None
    maxRecursionLimit: Number | None = None
    maxToolCallArgBytes: Number | None = None
    maxDeltaEventsPerTurn: Number | None = None
    maxToolCallArgBytesByTool: dict[str, Number] | None = None
    maxRetainedToolCountChars: Count = 8_388_608
    maxCitations: Annotated[Number, Field(ge=1, le=50)] = 30
    maxCitationsPerFile: Annotated[Number, Field(ge=1, le=10)] = 7
    minRelevanceScore: Ratio = 0.45
    maxSubagents: Annotated[AtLeastOne, Field(le=50)] = 10
    fileSharing: FileSharing | None = None
    codeApiUploadConcurrency: Annotated[AtLeastOne, Field(le=100)] = 3
    codeApiMaxRetryWaitMs: Annotated[Count, Field(le=300_000)] = 20_000
    allowedProviders: Texts | None = None
    capabilities: list[Capability] | None = None
    statefulCodeSessions: StatefulCodeSessions | None = None
    eventDriven: EventDriven | None = None
    backgroundTasks: BackgroundTasks | None = None
    skills: SkillCatalog | None = None
    managementApi: ManagementApi | None = None
    remoteApi: RemoteApi | None = None
    toolApproval: ToolApproval | None = None
    askUserQuestion: AskUserQuestion | None = None
    checkpointer: Checkpointer | None = None
