"""The types that every wire takes and returns."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol, Self, TypeAlias

from billing.services.pricing import Rates
from endpoints.transport.http import Timeouts
from messages.events import Event
from messages.parts import Part, Reasoning, Text, ToolCall

Role: TypeAlias = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True, slots=True)
class Connection:
    """How an endpoint is reached: the wire that it speaks, its address, and whose key is sent. Secrets stay out of
    `repr`."""

    wire: str  # a name in `endpoints.providers.wires.WIRES`
    base_url: str = ""
    api_key: str = field(default="", repr=False)
    key_header: str = "Authorization"  # "Authorization" carries "Bearer <key>", any other the key alone
    model_prefix: str = ""  # e.g. "mistral/": what litellm and the price map put before the model's name
    credentials: Mapping[str, Any] = field(default_factory=dict, repr=False)  # what is signed or bought with
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict)  # of the address, e.g. "api-version"
    direct: bool = False  # `base_url` is the whole address of completions
    key_from_user: bool = False  # everybody brings a key of their own
    url_from_user: bool = False  # and the address
    allowed_addresses: tuple[tuple[str, int], ...] = ()  # private hosts and ports that such an address may name


@dataclass(frozen=True, slots=True)
class ServedModels:
    """Which models an endpoint has, and what the operator or its own list says of each."""

    names: tuple[str, ...] = ()
    fetch: bool = False  # the provider's own list is offered, too
    user_id_query: bool = False  # that list is asked for with "?user=<id>"
    wire_names: Mapping[str, str] = field(default_factory=dict)  # model: deployment or profile, where they differ
    variants: Mapping[str, "Endpoint"] = field(default_factory=dict, repr=False)  # model: the endpoint for it alone
    token_rates: Mapping[str, Rates] = field(default_factory=dict)  # `tokenConfig`
    windows: Mapping[str, int] = field(default_factory=dict)  # model: tokens, of `tokenConfig`
    listed_windows: Mapping[str, int] = field(default_factory=dict)  # model: tokens, of the provider's own list


@dataclass(frozen=True, slots=True)
class ParameterRules:
    """What the operator says about the fields of requests, and how thoughts are asked for and sent back."""

    add: Mapping[str, Any] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    set_name: str = ""  # empty: by provider and model (`endpoints.parameters.sets`)
    definitions: tuple[Mapping[str, Any], ...] = ()
    reasoning_format: Literal["reasoning_effort", "reasoning_object", "disabled"] = "reasoning_effort"
    reasoning_key: str = ""  # the field of a reply that holds thoughts; empty: whichever is there
    resend_reasoning: bool = False  # `includeReasoningContent`
    resend_reasoning_history: bool = False  # `includeReasoningHistory`


@dataclass(frozen=True, slots=True)
class Display:
    """What people see of an endpoint."""

    label: str
    icon: str = ""  # the name of a drawn icon, or an address
    model_label: str = ""  # what replies are signed with in place of the model's name
    order: int = 0


@dataclass(frozen=True, slots=True)
class Titles:
    """How an endpoint names conversations. Empty texts stand for the built-in ones."""

    wanted: bool = True
    model: str = ""  # empty or "current_model": the conversation's
    endpoint: str = ""  # empty: the conversation's
    method: Literal["completion", "structured"] = "completion"
    timing: Literal["immediate", "final"] = "immediate"
    role: Literal["system", "user", "assistant"] = "user"
    prompt: str = ""  # has "{convo}"
    template: str = ""  # what stands for "{convo}"; has "{input}" and "{output}"


@dataclass(frozen=True, slots=True)
class EndpointOrigin:
    """Where an endpoint comes from."""

    provider: str = "custom"  # a name in `endpoints.providers.registry`: whose rules and facts hold
    custom: bool = False  # from `endpoints.custom`
    local: bool = False  # the embedded model
    written_by_operator: bool = False  # its address is the operator's word, and so may be private


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A place that serves models, with the credentials to use it."""

    name: str  # the key in the API and in settings, e.g. "openAI" or "My Endpoint"
    connection: Connection
    display: Display
    models: ServedModels = ServedModels()
    parameters: ParameterRules = ParameterRules()
    titles: Titles = Titles()
    origin: EndpointOrigin = EndpointOrigin()

    @property
    def signer(self) -> str:
        """Whose signatures its replies carry, and whose it takes back (`messages.parts.Signature.provider`)."""
        return self.name if self.origin.provider == "custom" else self.origin.provider

    def for_model(self, model: str) -> "Endpoint":
        """Return the endpoint as it is for `model`: its own address, key and headers, where they differ."""
        return self.models.variants.get(model, self)


@dataclass(frozen=True, slots=True)
class PromptMessage:
    """One message of the prompt: what one side says before the other answers.

    The model's (`assistant`) holds `Reasoning`, `Text` and `ToolCall`, in their order. After one with calls comes a
    message (`tool`) with the same calls in the same order, of which only the results are sent. A person's (`user`) may
    also hold `Image`, `Audio`, `FileRef`, `Resource` and `Data`; instructions (`system`) are `Text`.
    """

    role: Role
    parts: tuple[Part, ...]

    @classmethod
    def of(cls, role: Role, text: str) -> Self:
        """Return a message of one text; of an empty one it has no part."""
        return cls(role, (Text(text),) if text else ())

    @property
    def text(self) -> str:
        """The texts, joined by a blank line."""
        return "\n\n".join(part.text for part in self.parts if isinstance(part, Text) and part.text)

    @property
    def reasoning(self) -> tuple[Reasoning, ...]:
        return tuple(part for part in self.parts if isinstance(part, Reasoning))

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """What the model calls; nothing for the message with the results."""
        return self._tool_calls if self.role == "assistant" else ()

    @property
    def results(self) -> tuple[ToolCall, ...]:
        """The calls whose results the message holds."""
        return self._tool_calls if self.role == "tool" else ()

    @property
    def _tool_calls(self) -> tuple[ToolCall, ...]:
        return tuple(part for part in self.parts if isinstance(part, ToolCall))


@dataclass(frozen=True, slots=True)
class ToolSpec:
    name: str
    description: str
    parameters: Mapping[str, Any]  # JSON Schema


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and where: the values of placeholders in headers (`endpoints.services.placeholders`), by field."""

    user: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Mapping[str, str] = field(default_factory=dict, repr=False)
    openid: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One model call. `max_tokens` caps the reply (0: no cap).

    `params` are fields of the provider's own request, as `endpoints.parameters` makes them of a person's choices;
    `uses_responses` asks the Responses API of OpenAI instead of chat completions.
    """

    endpoint: Endpoint
    model: str
    messages: Sequence[PromptMessage]
    params: Mapping[str, Any] = field(default_factory=dict)
    tools: Sequence[ToolSpec] = ()
    max_tokens: int = 0
    user_id: str = ""
    stream: bool = True
    uses_responses: bool = False
    caller: Caller = Caller()

    def with_params(self, **params: Any) -> "ModelRequest":
        """Return the request with more fields of the provider's own."""
        return replace(self, params={**self.params, **params})


class Adapter(Protocol):
    """Speaks one wire protocol.

    It yields events and always ends with exactly one `Finished` or `Failed`; `Usage` comes before it when the
    provider reports one. It never raises for anything the provider or the network does. Closing the iterator
    closes the connection.
    """

    def __call__(self, request: ModelRequest, *, timeouts: Timeouts = ...) -> AsyncGenerator[Event]: ...
