"""`filters` by source, and the older `messageFilter`."""

from typing import Annotated, Generic, Literal, TypeVar

from pydantic import Field, StrictStr

from siteconfig.schema.base import Closed, Open

Name = TypeVar("Name")  # the literals that name a source's fields
Id = Annotated[StrictStr, Field(min_length=1, max_length=256)]
Words = Annotated[StrictStr, Field(min_length=1, max_length=512)]


class Pattern(Open):
    id: Id
    label: Words
    regex: Words


class Pii(Open):
    starterPatterns: Annotated[list[Annotated[StrictStr, Field(max_length=256)]], Field(max_length=256)] | None = None
    customPatterns: Annotated[list[Pattern], Field(max_length=256)] | None = None


class MessageFilter(Open):
    pii: Pii | None = None


class SourcePii(Pii, Generic[Name]):
    """`fields`: None stands for all."""

    action: Literal["block", "audit"] = "block"
    fields: list[Name] | None = None


class Source(Closed, Generic[Name]):
    pii: SourcePii[Name] | None = None


class Messages(Source[Name]):
    unattributedAssistantContent: Literal["model_output", "inspect"] = "model_output"


class Files(Source[Name]):
    uninspectable: Literal["allow", "block"] = "allow"


MessageField = Literal[
    "name", "text", "summary", "quote", "answer", "decision_response", "decision_reason", "content_part",
    "attachment_reference", "assembled_context",
]  # fmt: skip
PromptField = Literal[
    "name", "description", "oneliner", "category", "command", "text", "preset_text", "system", "context",
    "instructions", "additional_instructions", "greeting", "example_input", "example_output",
]  # fmt: skip
AgentField = Literal[
    "name", "category", "description", "instructions", "additional_instructions", "edge_description", "edge_prompt",
    "edge_prompt_key", "artifacts", "support_contact_name", "support_contact_email",
]  # fmt: skip
SkillField = Literal[
    "name", "display_title", "description", "category", "frontmatter", "instructions", "imported_text", "file_name",
    "file_text",
]  # fmt: skip
ActionField = Literal[
    "raw_spec", "domain", "privacy_policy_url", "authorization_type", "custom_auth_header",
    "authorization_content_type", "authorization_url", "client_url", "scope", "token_exchange_method", "api_key",
    "oauth_client_id", "oauth_client_secret",
]  # fmt: skip


class Filters(Closed):
    messages: Messages[MessageField] | None = None
    prompts: Source[PromptField] | None = None
    agentInstructions: Source[AgentField] | None = None
    conversationStarters: Source[Literal["text"]] | None = None
    feedback: Source[Literal["text"]] | None = None
    conversationTitles: Source[Literal["title"]] | None = None
    skills: Source[SkillField] | None = None
    memories: Source[Literal["key", "value", "summary"]] | None = None
    files: Files[Literal["name", "content", "extracted_text", "transcript", "uri"]] | None = None
    toolArguments: Source[Literal["name", "arguments", "output"]] | None = None
    modelParameters: Source[Literal["stop", "request_fields", "response_format", "metadata"]] | None = None
    actionMetadata: Source[ActionField] | None = None
