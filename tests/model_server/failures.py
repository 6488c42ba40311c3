"""Error bodies as the real providers send them."""

import json
from typing import Any

# status, OpenAI's (type, code, message), Anthropic's type, Gemini's status word
_FAILURES: dict[str, tuple[int, tuple[str, str | None, str], str, str]] = {
    "400": (
        400,
        ("invalid_request_error", "unsupported_parameter", "Unsupported parameter: 'top_k'."),
        "invalid_request_error",
        "INVALID_ARGUMENT",
    ),
    "settings": (
        400,
        ("invalid_request_error", None, "temperature and top_p cannot both be given for this model"),
        "invalid_request_error",
        "INVALID_ARGUMENT",
    ),
    "context": (
        400,
        (
            "invalid_request_error",
            "context_length_exceeded",
            "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.",
        ),
        "invalid_request_error",
        "INVALID_ARGUMENT",
    ),
    "filter": (
        400,
        (
            "invalid_request_error",
            "content_filter",
            "The response was filtered due to the prompt triggering the content management policy.",
        ),
        "invalid_request_error",
        "INVALID_ARGUMENT",
    ),
    "401": (
        401,
        ("invalid_request_error", "invalid_api_key", "Incorrect API key provided: sk-wrong."),
        "authentication_error",
        "UNAUTHENTICATED",
    ),
    "402": (
        402,
        ("insufficient_credits", "402", "Insufficient credits. Add more and try again."),
        "billing_error",
        "FAILED_PRECONDITION",
    ),
    "403": (
        403,
        ("permission_error", None, "Your key has no access to this project."),
        "permission_error",
        "PERMISSION_DENIED",
    ),
    "404": (
        404,
        (
            "invalid_request_error",
            "model_not_found",
            "The model `no-such-model` does not exist or you do not have access to it.",
        ),
        "not_found_error",
        "NOT_FOUND",
    ),
    "429": (
        429,
        ("requests", "rate_limit_exceeded", "Rate limit reached for requests."),
        "rate_limit_error",
        "RESOURCE_EXHAUSTED",
    ),
    "quota": (
        429,
        ("insufficient_quota", "insufficient_quota", "You exceeded your current quota, please check your plan."),
        "rate_limit_error",
        "RESOURCE_EXHAUSTED",
    ),
    "500": (
        500,
        ("server_error", None, "The server had an error while processing your request."),
        "api_error",
        "INTERNAL",
    ),
    "503": (
        503,
        ("service_unavailable", None, "The engine is currently overloaded, please try again later."),
        "api_error",
        "UNAVAILABLE",
    ),
    "529": (529, ("overloaded_error", None, "Overloaded"), "overloaded_error", "UNAVAILABLE"),
}
_ANTHROPIC_WORDS = {
    "context": "prompt is too long: 213415 tokens > 200000 maximum",
    "401": "invalid x-api-key",
    "404": "model: no-such-model",
}
_GEMINI_WORDS = {
    "context": "The input token count (1100000) exceeds the maximum number of tokens allowed (1048575).",
    "401": "API key not valid. Please pass a valid API key.",
    "404": "models/no-such-model is not found for API version v1beta, or is not supported for generateContent.",
}


_BEDROCK_WORDS = {
    "context": "Input is too long for requested model.",
    "401": "The security token included in the request is invalid.",
    "404": "The provided model identifier is invalid.",
}
_BEDROCK_STATUSES = {"401": 403, "404": 400, "529": 503}


def failure(wire: str, name: str) -> tuple[int, dict[str, Any]]:
    """Return status and body of the failure `name` in the words of `wire`."""
    status, (kind, code, message), anthropic, gemini = _FAILURES.get(name, _FAILURES["500"])
    if wire == "anthropic":
        error = {"type": anthropic, "message": _ANTHROPIC_WORDS.get(name, message)}
        return status, {"type": "error", "error": error, "request_id": "req_011CSHoEeqs5C35K2UUqR7Fy"}
    if wire == "gemini":
        status = 400 if name == "401" else status
        word = "INVALID_ARGUMENT" if name == "401" else gemini
        return status, {"error": {"code": status, "message": _GEMINI_WORDS.get(name, message), "status": word}}
    if wire == "bedrock":
        return _BEDROCK_STATUSES.get(name, status), {"message": _BEDROCK_WORDS.get(name, message)}
    return status, {"error": {"message": message, "type": kind, "param": None, "code": code}}


def failure_line(wire: str, name: str) -> str:
    return json.dumps(failure(wire, name)[1])


# Tokens that a model writes at most, by the beginning of its name; any other writes a little less than real ones do.
_MAX_OUTPUT = {
    "gpt-4.1": 32_768, "gpt-4o": 16_384, "gpt-4": 8_192, "gpt-5": 128_000, "gemini-2.5": 65_536, "claude": 128_000,
}  # fmt: skip


def most_of(model: str) -> int:
    """Return the largest cap on a reply that is taken."""
    name = model.rpartition("/")[2]
    return next((most for part, most in _MAX_OUTPUT.items() if part in name), 32_000)


def too_large(wire: str, cap: int, most: int) -> dict[str, Any]:
    """Return the refusal of a cap on the reply, in the words of `wire`."""
    message = f"max_tokens is too large: {cap}. At most {most} completion tokens are supported."
    if wire == "anthropic":
        return {"type": "error", "error": {"type": "invalid_request_error", "message": message}}
    if wire == "gemini":
        return {"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}}
    if wire == "bedrock":
        return {"message": message}
    error = {"message": message, "type": "invalid_request_error", "param": "max_tokens", "code": "invalid_value"}
    return {"error": error}
