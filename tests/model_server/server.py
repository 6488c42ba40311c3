"""The server: reads a request, plays its script, notes what happened."""

import asyncio
import itertools
import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from aiohttp import web

from tests.model_server import bedrock, responses
from tests.model_server.bedrock import Bedrock
from tests.model_server.failures import failure, most_of, too_large
from tests.model_server.responses import Responses
from tests.model_server.script import Prompt, Script, Step, plain, script_for, words
from tests.model_server.wires import Anthropic, Gemini, OpenAI, counts_of

HTML = "<!doctype html><html><head><title>Welcome</title></head><body><h1>It works!</h1></body></html>"
VERTEX = "/v1/projects/{project}/locations/{region}/publishers"
KEYS = ("Authorization", "api-key", "x-api-key", "x-goog-api-key")
PAUSE, CUT = object(), object()
Chunk = bytes | object
Wire = OpenAI | Responses | Anthropic | Gemini | Bedrock
WIRES: dict[str, type[Wire]] = {
    "openai": OpenAI, "responses": Responses, "anthropic": Anthropic, "gemini": Gemini, "bedrock": Bedrock,
}  # fmt: skip


@dataclass(slots=True)
class Seen:
    """One request as it came, and how far its answer got."""

    path: str
    headers: dict[str, str]
    body: Any
    state: str = "open"
    sent: int = 0


@dataclass(slots=True)
class State:
    count: int = 0
    seen: "deque[Seen]" = field(default_factory=lambda: deque(maxlen=2000))
    gates: dict[str, asyncio.Event] = field(default_factory=dict)

    def gate(self, name: str) -> asyncio.Event:
        return self.gates.setdefault(name, asyncio.Event())


STATE: web.AppKey[State] = web.AppKey("state", State)


def make_app() -> web.Application:
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app[STATE] = State()
    app.router.add_post("/v1/chat/completions", _chat)
    app.router.add_post("/openai/deployments/{deployment}/chat/completions", _chat)  # Azure
    for path in ("/v1/responses", "/openai/v1/responses"):
        app.router.add_post(path, _responses)
    app.router.add_post("/v1/messages", _messages)
    app.router.add_get("/v1/models", _models)
    for prefix in ("", "/v1beta", "/v1"):
        app.router.add_post(prefix + "/models/{model}:{verb}", _gemini)
    app.router.add_post(VERTEX + "/anthropic/models/{model}:{verb}", _messages)
    app.router.add_post(VERTEX + "/google/models/{model}:{verb}", _gemini)
    app.router.add_post("/model/{model}/{verb}", _bedrock)
    app.router.add_post("/token", _token)
    app.router.add_get("/__requests", _requests)
    app.router.add_post("/__release", _release)
    app.router.add_post("/__reset", _reset)
    return app


async def _chat(request: web.Request) -> web.StreamResponse:
    body = await _note(request)
    messages = body.get("messages", [])
    prompt = _prompt(messages, "tool", body.get("max_tokens") or body.get("max_completion_tokens") or 0)
    return await _answer(request, "openai", str(body.get("model")), prompt, streamed=bool(body.get("stream")))


async def _responses(request: web.Request) -> web.StreamResponse:
    body = await _note(request)
    prompt = _prompt(list(responses.flat_messages(body)), "tool", body.get("max_output_tokens") or 0)
    return await _answer(request, "responses", str(body.get("model")), prompt, streamed=bool(body.get("stream")))


async def _messages(request: web.Request) -> web.StreamResponse:
    body = await _note(request)
    messages = [{"role": "system", "content": body.get("system", "")}, *body.get("messages", [])]
    flat: list[dict[str, Any]] = []
    for message in messages:
        content = message.get("content")
        results = [
            part for part in content if isinstance(part, dict) and part.get("type") == "tool_result"
        ] if isinstance(content, list) else []  # fmt: skip
        flat += [{"role": "tool", "content": plain(part.get("content", ""))} for part in results]
        if not results:
            flat.append(message)
    prompt = _prompt(flat, "tool", body.get("max_tokens") or 0)
    model = body.get("model") or request.match_info.get("model")
    return await _answer(request, "anthropic", str(model), prompt, streamed=bool(body.get("stream")))


async def _bedrock(request: web.Request) -> web.StreamResponse:
    body = await _note(request)
    prompt = _prompt(list(bedrock.flat_messages(body)), "tool", body.get("inferenceConfig", {}).get("maxTokens") or 0)
    streamed = request.match_info["verb"] == "converse-stream"
    return await _answer(request, "bedrock", request.match_info["model"], prompt, streamed=streamed)


async def _gemini(request: web.Request) -> web.StreamResponse:
    body = await _note(request)
    flat: list[dict[str, Any]] = []
    for content in [body.get("systemInstruction") or body.get("system_instruction") or {}, *body.get("contents", [])]:
        parts = content.get("parts", []) if isinstance(content, dict) else []
        results = [_function_result(part) for part in parts if _function_result(part)]
        flat += [{"role": "tool", "content": result} for result in results]
        if not results:
            flat.append({"role": content.get("role", "system"), "content": parts})
    config = body.get("generationConfig", {})
    prompt = _prompt(flat, "tool", config.get("maxOutputTokens") or config.get("max_output_tokens") or 0)
    streamed = request.match_info["verb"] == "streamGenerateContent"
    return await _answer(request, "gemini", request.match_info["model"], prompt, streamed=streamed)


def _function_result(part: dict[str, Any]) -> str:
    response = part.get("functionResponse") or part.get("function_response")
    return json.dumps(response.get("response")) if response else ""


async def _note(request: web.Request) -> dict[str, Any]:
    body = await request.json()
    state = request.app[STATE]
    seen = Seen(request.path_qs, dict(request.headers), body)
    state.count += 1
    state.seen.append(seen)
    request["seen"] = seen
    return dict(body)


def _prompt(messages: list[dict[str, Any]], tool_role: str, max_tokens: int) -> Prompt:
    last = max((at for at, message in enumerate(messages) if message.get("role") == "user"), default=-1)
    after = messages[last + 1 :] if last >= 0 else []
    texts = [plain(message.get("content")) for message in messages]
    replies = [message for message in after if message.get("role") in {"assistant", "model"}]
    results = tuple(plain(message.get("content")) for message in after if message.get("role") == tool_role)
    return Prompt(
        text=texts[last] if last >= 0 else "",
        all_text="\n".join(texts),
        tool_results=results,
        rounds=len(replies) if results else 0,
        max_tokens=max_tokens,
    )


async def _answer(request: web.Request, wire: str, model: str, prompt: Prompt, *, streamed: bool) -> web.StreamResponse:
    seen: Seen = request["seen"]
    script = script_for(replace(prompt, structured=_structured(seen.body)))
    refused = _refusal(request, wire, model, script, prompt.max_tokens)
    try:
        if script.first:
            await asyncio.sleep(script.first)
        if refused is not None:
            seen.state = "done"
            return refused
        if script.name == "stall" and not script.flag("head"):
            await asyncio.Event().wait()
        if script.name == "cut" and not script.flag("head") and request.transport is not None:
            seen.state = "cut"
            request.transport.abort()
        tokens = len(prompt.all_text.split())
        if not streamed:
            seen.state = "done"
            return web.json_response(WIRES[wire](model, script, counts_of(script, tokens)).whole())
        return await _stream(request, wire, script, chunks_of(wire, model, script, tokens), seen)
    except (asyncio.CancelledError, ConnectionResetError):
        seen.state = "disconnected"
        raise


def _structured(body: dict[str, Any]) -> str:
    """Return how the request asks for an object, if it does."""
    if body.get("tool_choice") or body.get("toolConfig", {}).get("toolChoice"):
        return "tool"
    formats = (body.get("response_format"), body.get("text", {}).get("format"),
               body.get("generationConfig", {}).get("responseJsonSchema"))  # fmt: skip
    return "json" if any(formats) else ""


def _refusal(request: web.Request, wire: str, model: str, script: Script, cap: int) -> web.Response | None:
    keys = " ".join(request.headers.get(name, "") for name in KEYS)
    name = script.value if script.name == "error" else ""
    if name and "times" in script.options and len(request.app[STATE].seen) > script.number("times", 0):
        name = ""
    if "sk-wrong" in keys:
        name = "401"
    elif model == "no-such-model":
        name = "404"
    elif cap > most_of(model):
        return web.json_response(too_large(wire, cap, most_of(model)), status=400)
    if name == "redirect":
        return web.Response(status=302, headers={"Location": script.options.get("to", "/v1/models")})
    if name:
        status, body = failure(wire, name)
        after = script.options.get("after", "20" if status == 429 else "no")
        return web.json_response(body, status=status, headers={"Retry-After": after} if after != "no" else None)
    return web.Response(text=HTML, content_type="text/html") if script.name == "html" else None


def chunks_of(wire: str, model: str, script: Script, tokens: int) -> "Iterator[Chunk] | tuple[Chunk, ...]":
    encoder = WIRES[wire](model, script, counts_of(script, tokens))
    if script.name == "endless":
        endless = (Step("text", f"{word}{number} ") for number, word in enumerate(itertools.cycle(words(24))))
        return itertools.chain([encoder.head()], map(encoder.step, endless))
    key = (script.name, script.value, tuple(sorted(script.options.items())), script.steps, script.finish)
    return (
        _encoded(wire, model, key, tokens, _Held(script, encoder))
        if script.name != "big"
        else tuple(_encode(script, encoder))
    )


class _Held:
    """Carries what a cache entry is made from without being part of its key."""

    def __init__(self, script: Script, encoder: Wire) -> None:
        self.script, self.encoder = script, encoder

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held)


@lru_cache(maxsize=64)
def _encoded(wire: str, model: str, key: Any, tokens: int, held: _Held) -> tuple[Chunk, ...]:
    return tuple(_encode(held.script, held.encoder))


def _encode(script: Script, encoder: Wire) -> Iterator[Chunk]:
    if script.name == "empty":
        return
    if script.name == "garbage":
        yield from map(encoder.step, script.steps)
        return
    if script.name == "stall" and script.number("at", 1) == 0:
        yield PAUSE
        return
    marks = {"pause": PAUSE, "cut": CUT}
    pieces = [encoder.head(), *(marks.get(step.kind) or encoder.step(step) for step in script.steps)]
    if script.name not in {"broken", "cut"}:
        pieces += encoder.tail()
    yield from _dressed(script, [piece for piece in pieces if piece != b""])


def _dressed(script: Script, pieces: list[Chunk]) -> Iterator[Chunk]:
    if script.name == "odd-cuts":
        whole, size = b"".join(piece for piece in pieces if isinstance(piece, bytes)), script.number("size", 7)
        yield from (whole[at : at + size] for at in range(0, len(whole), size))
        return
    for number, piece in enumerate(pieces):
        if script.name == "crlf" and isinstance(piece, bytes):
            piece = piece.replace(b"\n", b"\r\n")
        yield piece
        if script.name == "comments":
            yield (b": OPENROUTER PROCESSING\n\n", b"\n\n", b"id: 3\nretry: 10\n\n", b"event: ping\ndata:\n\n")[
                number % 4
            ]


async def _stream(
    request: web.Request, wire: str, script: Script, chunks: "Iterator[Chunk] | tuple[Chunk, ...]", seen: Seen
) -> web.StreamResponse:
    kind = getattr(WIRES[wire], "content_type", "text/event-stream")
    response = web.StreamResponse(headers={"Content-Type": kind, "Cache-Control": "no-cache"})
    await response.prepare(request)
    loop = asyncio.get_running_loop()
    due = loop.time()
    for chunk in chunks:
        if chunk is PAUSE:
            await request.app[STATE].gate(script.gate or "stall").wait()
            due = loop.time()
            continue
        if chunk is CUT:
            seen.state = "cut"
            if request.transport is not None:
                request.transport.abort()
            return response
        await response.write(chunk)  # type: ignore[arg-type]
        seen.sent += 1
        if script.delay:
            due += script.delay
            await asyncio.sleep(max(0.0, due - loop.time()))
        elif script.name in {"odd-cuts", "endless"}:
            await asyncio.sleep(0)
    await response.write_eof()
    seen.state = "done"
    return response


async def _token(request: web.Request) -> web.Response:
    """Sell a token for the assertion of a service account."""
    form = dict(await request.post())
    request.app[STATE].count += 1
    request.app[STATE].seen.append(Seen(request.path_qs, dict(request.headers), form, state="done"))
    return web.json_response({"access_token": "ya29.sold", "expires_in": 3600, "token_type": "Bearer"})


async def _models(request: web.Request) -> web.Response:
    state = request.app[STATE]
    state.count += 1
    state.seen.append(Seen(request.path_qs, dict(request.headers), None, state="done"))
    if "sk-wrong" in request.headers.get("Authorization", ""):
        return web.json_response(failure("openai", "401")[1], status=401)
    names = ("fetched-large", "fetched-small", "text-embedding-x")
    return web.json_response({"object": "list", "data": [{"id": name, "object": "model"} for name in names]})


async def _requests(request: web.Request) -> web.Response:
    state = request.app[STATE]
    seen = [
        {"path": seen.path, "headers": seen.headers, "body": seen.body, "state": seen.state, "sent": seen.sent}
        for seen in state.seen
    ]
    return web.json_response({"count": state.count, "requests": seen})


async def _release(request: web.Request) -> web.Response:
    request.app[STATE].gate(request.query.get("name", "stall")).set()
    return web.json_response({})


async def _reset(request: web.Request) -> web.Response:
    state = request.app[STATE]
    for gate in state.gates.values():
        gate.set()
    state.gates, state.count = {}, 0
    state.seen.clear()
    return web.json_response({})
