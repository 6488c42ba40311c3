"""`modelSpecs`: named combinations of model and parameters that a conversation can start with."""

from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _
from pydantic import Field, StrictStr, field_validator

from siteconfig.schema.base import Flag, Line, Number, Open, Text, Texts

NumberOrDigits = Number | Annotated[StrictStr, Field(pattern=r"^\d*$")]
Level = Literal["", "low", "medium", "high"]


class SpecText(Open):
    content: Line


class Example(Open):
    input: SpecText
    output: SpecText


class Workspace(Open):
    environmentId: Text
    workspaceId: Text


class SpecPreset(Open):
    """What a conversation begins with. What is not written is not set."""

    endpoint: Text | None = None
    model: Line | None = None
    agent_id: Line | None = None
    assistant_id: Line | None = None
    modelLabel: Line | None = None
    promptPrefix: Line | None = None
    system: Line | None = None
    instructions: Line | None = None
    additional_instructions: Line | None = None
    greeting: Line | None = None
    iconURL: Line | None = None
    context: Line | None = None
    userLabel: Line | None = None
    append_current_datetime: Flag | None = None
    temperature: Number | None = None
    top_p: Number | None = None
    topP: Number | None = None
    topK: Number | None = None
    frequency_penalty: Number | None = None
    presence_penalty: Number | None = None
    max_tokens: NumberOrDigits | None = None
    maxOutputTokens: NumberOrDigits | None = None
    maxTokens: NumberOrDigits | None = None
    maxContextTokens: NumberOrDigits | None = None
    fileTokenLimit: NumberOrDigits | None = None
    stop: list[Line] | None = None
    resendFiles: Flag | None = None
    promptCache: Flag | None = None
    promptCacheTtl: Literal["5m", "1h"] | None = None
    thinking: Flag | None = None
    thinkingBudget: Number | Line | None = None
    thinkingLevel: Literal["", "minimal", "low", "medium", "high"] | None = None
    thinkingDisplay: Literal["auto", "summarized", "omitted"] | None = None
    web_search: Flag | None = None
    url_context: Flag | None = None
    useResponsesApi: Flag | None = None
    disableStreaming: Flag | None = None
    stream: Flag | None = None
    isTemporary: Flag | None = None
    pinned: Flag | None = None
    imageDetail: Literal["low", "auto", "high"] | None = None
    reasoning_effort: Literal["", "none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    reasoning_summary: Literal["", "auto", "concise", "detailed"] | None = None
    reasoning_mode: Literal["", "standard", "pro"] | None = None
    reasoning_context: Literal["", "auto", "current_turn", "all_turns"] | None = None
    verbosity: Level | None = None
    effort: Literal["", "low", "medium", "high", "xhigh", "max"] | None = None
    region: Line | None = None
    additionalModelRequestFields: Any = None
    tools: list[Any] | None = None
    artifacts: Line | None = None
    examples: list[Example] | None = None
    codeApprovalMode: Literal["ask", "acceptEdits", "fullAccess"] | None = None
    codeEnvironmentMode: Literal["attached", "without_attached"] | None = None
    codeWorkspaces: list[Workspace] | None = None

    @field_validator("endpoint")
    @classmethod
    def _named(cls, endpoint: str | None) -> str | None:
        if endpoint == "custom":
            raise ValueError(_("must be the name of one of `endpoints.custom`, not “custom”"))
        return endpoint

    @property
    def endpoint_name(self) -> str:
        """The endpoint that is meant, or an empty string; an agent alone means `agents`."""
        return self.endpoint or ("agents" if self.agent_id else "")


class Subagents(Open):
    enabled: Flag | None = None
    allowSelf: Flag | None = None
    shareFiles: Flag | None = None
    agent_ids: Texts | None = None


class ModelSpec(Open):
    name: Text
    label: Text
    preset: SpecPreset
    order: Number | None = None
    default: Flag = False
    softDefault: Flag = False
    description: Line = ""
    group: Line = ""
    groupIcon: Line = ""
    showIconInMenu: Flag | None = None
    showIconInHeader: Flag | None = None
    showOnLanding: Flag = False
    conversation_starters: list[Line] = []
    showInMenu: Flag = True
    iconURL: Line = ""
    authType: Literal["override_auth", "user_provided", "system_defined"] | None = None
    hideBadgeRow: Flag | None = None
    webSearch: Flag | None = None
    fileSearch: Flag | None = None
    executeCode: Flag | None = None
    memory: Flag | None = None
    askUserQuestion: Flag | None = None
    runInBackground: Flag | list[Line] | None = None
    describeIntent: Flag | list[Line] | None = None
    artifacts: Flag | Line | None = None
    mcpServers: list[Line] | None = None
    skills: Flag | list[Line] | None = None
    subagents: Subagents | None = None


class ModelSpecs(Open):
    enforce: Flag = False
    prioritize: Flag = True
    specs: Annotated[list[ModelSpec], Field(alias="list")] = []
    addedEndpoints: list[Text] | None = None

    @field_validator("specs")
    @classmethod
    def _once(cls, specs: list[ModelSpec]) -> list[ModelSpec]:
        names = [spec.name for spec in specs]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(_("every `name` must be unique; used twice: %s") % ", ".join(twice))
        return specs
