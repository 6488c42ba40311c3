"""A request of each of the nine wires, and the body that it would send, without sending it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from endpoints.providers.anthropic import wire as anthropic_wire
from endpoints.providers.base import Endpoint, ModelRequest, PromptMessage, ToolSpec
from endpoints.providers.bedrock import wire as bedrock_wire
from endpoints.providers.google import wire as google_wire
from endpoints.providers.litellm import wire as litellm_wire
from endpoints.providers.openai import request as chat
from endpoints.providers.openai import responses_wire
from endpoints.services.adaptation import adapted
from tests.endpoint_maker import changed, make_endpoint
from tests.wire.conftest import KEY

NINE = ("openai", "azure", "responses", "anthropic", "vertex claude", "google", "vertex gemini", "bedrock", "litellm")
CHATS = {"openai", "azure", "litellm"}
CLAUDES = {"anthropic", "vertex claude"}
GEMINIS = {"google", "vertex gemini"}
MODELS = {
    "openai": "gpt-4o", "azure": "gpt-4o", "responses": "gpt-5", "anthropic": "claude-sonnet-4-5",
    "vertex claude": "claude-sonnet-4-5", "google": "gemini-2.5-pro", "vertex gemini": "gemini-2.5-pro",
    "bedrock": "anthropic.claude-sonnet-4-5-20250929-v1:0", "litellm": "claude-sonnet-4-5",
}  # fmt: skip
TOOL = ToolSpec("lookup", "Looks things up.", {"type": "object", "properties": {"q": {"type": "string"}}})


def endpoint_of(wire: str, root: str = "http://127.0.0.1:1") -> Endpoint:
    """Return an endpoint of the wire; its name is the wire's, and so it signs with that."""
    made = make_endpoint(wire, wire, "openai", api_key=KEY, written_by_operator=True, base_url=root)
    own: dict[str, Any] = {
        "azure": {"base_url": f"{root}/openai/deployments/d", "key_header": "api-key"},
        "anthropic": {"model_prefix": "anthropic/"},
        "google": {"base_url": f"{root}/v1beta", "model_prefix": "gemini/"},
        "bedrock": {"model_prefix": "bedrock/"},
        "litellm": {"model_prefix": "anthropic/"},
    }.get(wire, {"base_url": f"{root}/v1"})
    if wire.startswith("vertex"):
        own = {"model_prefix": "vertex_ai/", "credentials": {"vertex_project": "p-1", "vertex_location": "eu"}}
    made = changed(made, **own)
    return replace(made, connection=replace(made.connection, wire="litellm")) if wire == "litellm" else made


def request_of(
    wire: str, messages: Sequence[PromptMessage], *, root: str = "http://127.0.0.1:1", **options: Any
) -> ModelRequest:
    """Return a request that offers a tool, unless `tools` says otherwise."""
    options = {"tools": (TOOL,), "model": MODELS[wire]} | options
    return ModelRequest(endpoint_of(wire, root), messages=messages, uses_responses=wire == "responses", **options)


def body_of(wire: str, request: ModelRequest) -> dict[str, Any]:
    """Return what the wire sends of the request; of litellm what it is given."""
    request = replace(request, messages=adapted(request))
    if wire == "litellm":
        return {"messages": litellm_wire.messages_of(request), "tools": chat.tools_of(request)}
    if wire == "responses":
        return responses_wire.body_of(request)
    if wire in CLAUDES:
        return anthropic_wire.body_of(request)
    if wire in GEMINIS:
        return google_wire.body_of(request)
    return bedrock_wire.body_of(request) if wire == "bedrock" else chat.body_of(request)


def sent_by(wire: str, *messages: PromptMessage, **options: Any) -> list[dict[str, Any]]:
    """Return the messages of the body."""
    body = body_of(wire, request_of(wire, messages, **options))
    sent: list[dict[str, Any]] = body.get("messages") or body.get("contents") or body["input"]
    return sent
