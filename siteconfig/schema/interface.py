"""`interface`: what people see, and the initial permissions of a new role."""

from typing import Annotated, Literal

from pydantic import Field

from siteconfig.schema.base import AtLeastOne, Count, Flag, Line, Number, Open, Positive, Text

Hours = Annotated[Number, Field(ge=1, le=8_760)]
Interval = Annotated[Count, Field(le=2_147_483_647)]


class Link(Open):
    externalUrl: Line | None = None
    openNewTab: Flag | None = None


class Terms(Link):
    modalAcceptance: Flag | None = None
    modalTitle: Line | None = None
    modalContent: Line | list[Line] | None = None


class UseCreate(Open):
    use: Flag | None = None
    create: Flag | None = None


class Bits(UseCreate):
    share: Flag | None = None
    public: Flag | None = None


class TrustCheckbox(Open):
    label: Line | dict[str, Line] | None = None
    subLabel: Line | dict[str, Line] | None = None


class McpServersInterface(Bits):
    toolsRefreshInterval: Interval | None = None
    statusRefreshInterval: Interval | None = None
    placeholder: Line | None = None
    configureObo: Flag | None = None
    trustCheckbox: TrustCheckbox | None = None


class Currency(Open):
    code: Line
    rate: Positive


class PeoplePicker(Open):
    users: Flag | None = None
    groups: Flag | None = None
    roles: Flag | None = None


class Marketplace(Open):
    use: Flag | None = None


class TraceViewer(Open):
    enabled: Flag | None = None
    showInputOutput: Flag | None = None
    showToolNames: Flag | None = None
    maxRecords: Annotated[AtLeastOne, Field(le=10_000)] | None = None
    maxContentLength: Annotated[AtLeastOne, Field(le=1_000_000)] | None = None
    requestsPerMinute: Annotated[AtLeastOne, Field(le=1_000)] | None = None
    requestTimeoutMs: Annotated[AtLeastOne, Field(ge=1_000, le=300_000)] | None = None


class SkillBits(Bits):
    defaultActiveOnShare: Flag | None = None


class SharedLinks(Open):
    create: Flag | None = None
    share: Flag | None = None
    public: Flag | None = None
    snapshotFiles: Flag | None = None


class Schedules(UseCreate):
    maxPerUser: Count | None = None
    minIntervalMinutes: AtLeastOne | None = None
    autoDisableAfterFailures: AtLeastOne | None = None
    admissionConcurrency: Annotated[AtLeastOne, Field(le=100)] | None = None
    fireConcurrency: AtLeastOne | None = None
    mcpPreflightConcurrency: Annotated[AtLeastOne, Field(le=10)] | None = None
    mcpPreflightTimeoutMs: Annotated[AtLeastOne, Field(ge=1_000, le=600_000)] | None = None
    requireProject: Flag | None = None
    projectId: Text | None = None


class ReplyNotifications(Open):
    tabBadge: Flag | None = None
    desktop: Flag | None = None
    sound: Flag | None = None
    pollLimit: Annotated[AtLeastOne, Field(le=100)] | None = None
    pollIntervalMs: Annotated[AtLeastOne, Field(ge=10_000, le=600_000)] | None = None
    focusedRefreshMs: Annotated[AtLeastOne, Field(ge=60_000, le=300_000)] | None = None


class Interface(Open):
    """`None`: not written, so the role's own bit or the built-in default holds."""

    privacyPolicy: Link | None = None
    termsOfService: Terms | None = None
    customWelcome: Line | None = None
    mcpServers: McpServersInterface | None = None
    modelSelect: Flag | None = None
    codeHighlightThrottleMs: Annotated[Count, Field(le=60_000)] | None = None
    parameters: Flag | None = None
    multiConvo: Flag | None = None
    bookmarks: Flag | None = None
    memories: Flag | None = None
    presets: Flag | None = None
    prompts: Flag | Bits | None = None
    agents: Flag | Bits | None = None
    temporaryChat: Flag | None = None
    temporaryChatRetention: Hours | None = None
    generalChatRetention: Hours | None = None
    autoSubmitFromUrl: Flag | None = None
    retentionMode: Literal["all", "temporary"] | None = None
    retainAgentFiles: Flag | None = None
    runCode: Flag | None = None
    webSearch: Flag | None = None
    contextUsage: Flag | None = None
    contextCost: Flag | None = None
    feedback: Flag | None = None
    currency: Currency | None = None
    peoplePicker: PeoplePicker | None = None
    marketplace: Marketplace | None = None
    fileSearch: Flag | None = None
    fileCitations: Flag | None = None
    traceViewer: TraceViewer | None = None
    defaultPinnedTools: list[Line] | None = None
    buildInfo: Flag | None = None
    remoteAgents: Bits | None = None
    skills: Flag | SkillBits | None = None
    sharedLinks: Flag | SharedLinks | None = None
    schedules: Flag | Schedules | None = None
    replyNotifications: ReplyNotifications | None = None
