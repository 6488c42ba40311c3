"""What every adapter takes and gives."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from billing.pricing import Rates
from endpoints.events import Event


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A place that serves models, with the credentials to use it. Secrets stay out of `repr`."""

    name: str  # the key in the API and in settings, e.g. "openAI" or "My Endpoint"
    label: str  # what people read
    adapter: Literal["openai_wire", "litellm"]
    base_url: str = ""
    api_key: str = field(default="", repr=False)
    models: tuple[str, ...] = ()
    fetch_models: bool = False
    litellm_prefix: str = ""  # e.g. "anthropic/", put before the model's name
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    add_params: Mapping[str, Any] = field(default_factory=dict)
    drop_params: tuple[str, ...] = ()
    title_convo: bool = True
    title_model: str = ""  # empty: the conversation's model
    model_display_label: str = ""
    order: int = 0
    custom: bool = False  # from `endpoints.custom`
    local: bool = False  # the embedded model
    token_rates: Mapping[str, Rates] = field(default_factory=dict)  # `tokenConfig`
    written_by_operator: bool = False  # `base_url` is the operator's word, and so may be a private address


@dataclass(frozen=True, slots=True)
class ToolCall:
    call_id: str
    name: str
    arguments: str  # JSON text as the model wrote it


@dataclass(frozen=True, slots=True)
class PromptMessage:
    """One message of the prompt. `tool_call_id` only with role `tool`; the other two only with `assistant`.

    `reasoning` holds the parts of thoughts (`endpoints.parts`) before the calls, for providers that want them back.
    """

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    reasoning: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class ToolSpec:
    name: str
    description: str
    parameters: Mapping[str, Any]  # JSON Schema


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One model call. `max_tokens` caps the reply (0: no cap); `params` are the sampling parameters."""

    endpoint: Endpoint
    model: str
    messages: Sequence[PromptMessage]
    params: Mapping[str, Any] = field(default_factory=dict)
    tools: Sequence[ToolSpec] = ()
    max_tokens: int = 0
    user_id: str = ""
    stream: bool = True


class Adapter(Protocol):
    """Speaks one wire protocol.

    `stream` yields events and always ends with exactly one `Finished` or `Failed`; `Usage` comes before
    it when the provider reports one. It never raises for anything the provider or the network does.
    Closing the iterator closes the connection.
    """

    def stream(self, request: ModelRequest) -> AsyncIterator[Event]: ...
