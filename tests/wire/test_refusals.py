"""Why a provider refused: the code, the words that people read, and what the log holds."""

import json
from typing import Any

import pytest

from endpoints.catalog.keys import with_user_key_error
from endpoints.providers.litellm.wire import failure_of_exception
from endpoints.services.failure_words import EXPLANATIONS, explain
from endpoints.services.model_calls import stream
from endpoints.transport.failures import failure_of
from endpoints.transport.retries import Retries
from messages.events import Failed, Finished
from tests.endpoint_maker import make_endpoint
from tests.model_server.bedrock import frame
from tests.wire.conftest import ended, text_of, thoughts_of
from tests.wire.raw import WIRES, answering, chunk, completion, http, played, request_to, sse, whole

pytestmark = pytest.mark.wire

RAW = "acme/huge has no free capacity here; try again in a while or use a key of your own"
LONG = json.dumps({"error": {"type": "invalid_request_error", "message": "prompt is too long: 210000 tokens > 200000"}})


def behind(status: int, raw: str, message: str = "Provider returned error") -> dict[str, Any]:
    return {"error": {"message": message, "code": status, "metadata": {"raw": raw, "provider_name": "AHost"}}}


def error(message: str, code: Any = None, kind: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "code": code, "type": kind}}


# status, body, code, what the log holds
REFUSALS: list[tuple[int, Any, str, list[str]]] = [
    # A gateway's provider refused.
    (429, behind(429, RAW), "upstream_limit", [RAW, "AHost"]),
    (429, error("Provider returned error", 429), "upstream_limit", []),
    (429, error("litellm.RateLimitError: AnthropicException - slow down"), "upstream_limit", []),
    (429, error("Rate limit exceeded: free-models-per-day", 429), "rate_limit", ["free-models-per-day"]),
    (400, behind(400, LONG), "context_too_long", ["prompt is too long: 210000", "AHost"]),
    (500, error(f"Upstream said: {LONG}"), "context_too_long", ["prompt is too long"]),
    (502, behind(502, "down"), "overloaded", ["down", "AHost"]),
    (400, behind(400, json.dumps(error("Rate limited", "rate_limit_exceeded"))), "upstream_limit", ["Rate limited"]),
    (403, behind(403, json.dumps({"error": {"message": "Key limit exceeded"}})), "key_limit", []),
    # The content was refused.
    (403, {"error": {"message": "Your input was flagged", "code": 403,
                     "metadata": {"reasons": ["violence"], "flagged_input": "…"}}}, "content_filter", ["violence"]),
    (403, {"error": {"message": "No", "metadata": {"reasons": ["hate/threatening"], "flagged_input": "…"}}},
     "content_filter", ["hate/threatening"]),
    (400, error("The response was filtered", "content_filter"), "content_filter", []),
    (400, {"error": {"code": None, "message": "no", "innererror": {"code": "ResponsibleAIPolicyViolation"}}},
     "content_filter", ["ResponsibleAIPolicyViolation"]),
    (400, error("Your request was rejected by our safety system", "moderation_blocked"), "content_filter", []),
    (400, {"code": "DataInspectionFailed", "message": "no"}, "content_filter", []),
    (400, error("Content Exists Risk", kind="invalid_request_error"), "content_filter", []),
    (400, error("系统检测到输入或生成内容可能包含不安全或敏感内容", "1301"), "content_filter", []),
    (403, {"code": "no", "error": "Content violates usage guidelines"}, "content_filter", []),
    (422, {"detail": "Violated guardrail policy"}, "content_filter", []),
    # Not offered here.
    (403, error("This service is not offered where you are", "unsupported_country_region_territory",
     "request_forbidden"),
     "region", ["unsupported_country_region_territory"]),
    (400, {"error": {"code": 400, "status": "FAILED_PRECONDITION",
                     "message": "User location is not supported for the API use."}}, "region", []),
    (400, {"message": "Access to these models is not allowed from unsupported countries, regions, or territories"},
     "region", []),
    (403, error("Country, region, or territory not supported"), "region", []),
    (451, error("Unavailable for legal reasons"), "region", []),
    # A limit of the key, or of the account.
    (403, error("Key limit exceeded (monthly limit)", 403), "key_limit", ["Key limit exceeded (monthly limit)"]),
    (403, error("Key limit exceeded (total limit). Manage it", 403), "key_limit", []),
    (403, error("You have reached your monthly limit"), "key_limit", []),
    (400, error("Budget has been exceeded! Current cost: 10, Max budget: 10", "400", "budget_exceeded"), "key_limit",
     []),
    (400, error("You have reached your specified API usage limits.", kind="invalid_request_error"), "key_limit", []),
    (429, error("This key has exceeded its spend limit"), "key_limit", []),
    (402, error("This request requires more credits, or fewer max_tokens", 402), "quota", []),
    (400, error("Your credit balance is too low to access the API", kind="invalid_request_error"), "quota", []),
    (403, error("Your team has used all available credits"), "quota", []),
    (429, error("You exceeded your current quota, please check your plan", "insufficient_quota"), "quota", []),
    (429, error("Your account is suspended", kind="exceeded_current_quota_error"), "quota", []),
    (402, error("Insufficient Balance", "invalid_request_error"), "quota", []),
    # The key.
    (403, error("The key may not use this model", kind="permission_error"), "forbidden",
     ["The key may not use this model"]),
    (403, error("Your project does not have access to model `m`"), "forbidden", []),
    (403, {"message": "You don't have access to the model with the specified model ID."}, "forbidden", []),
    (403, {"error": "Forbidden"}, "forbidden", []),
    (403, "", "forbidden", []),
    (403, error("Invalid API key"), "bad_key", []),
    (403, error("Your API key was reported as leaked"), "bad_key", []),
    (403, {"message": "The security token included in the request is invalid."}, "bad_key", []),
    (403, {"error": {"code": 403, "status": "PERMISSION_DENIED", "message": "API key expired.",
                     "details": [{"reason": "API_KEY_INVALID"}]}}, "bad_key", []),
    (400, {"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "API key not valid."}}, "bad_key", []),
    (401, error("No auth credentials found", 401), "bad_key", []),
    (401, "Unauthorized", "bad_key", []),
    # The model, or the address.
    (404, error("The model `m` does not exist", "model_not_found"), "no_such_model", []),
    (404, {"error": {"code": "DeploymentNotFound", "message": "no"}}, "no_such_model", []),
    (400, error("m is not a valid model ID: unknown model"), "no_such_model", []),
    (400, error("acme/m is not a valid model ID", 400), "no_such_model", []),
    (400, error("Model Not Exist", kind="invalid_request_error"), "no_such_model", []),
    (400, error("The model `m` has been decommissioned", "model_decommissioned"), "no_such_model", []),
    (404, {"detail": "Not Found"}, "bad_response", ["Not Found"]),
    (404, error("Invalid URL (POST /v1/v1/chat/completions)"), "bad_response", []),
    (404, "default backend - 404", "bad_response", []),
    (405, {"detail": "Method Not Allowed"}, "bad_response", []),
    (404, "404 page not found", "bad_response", []),
    (404, {"error": {"code": "404", "message": "Resource not found"}}, "bad_response", []),
    (404, error("No endpoints found that support tool use", 404), "bad_request", []),
    # The prompt.
    (400, error("Please reduce the length of the messages"), "context_too_long", []),
    (413, {"error": {"type": "request_too_large", "message": "Request exceeds the maximum size"}}, "context_too_long",
     []),
    (429, error("Request too large for m on tokens per min (TPM): Limit 30000", "rate_limit_exceeded", "tokens"),
     "context_too_long", []),
    (422, error("`inputs` tokens + `max_new_tokens` must be <= 4096"), "context_too_long", []),
    (400, error("the request exceeds the available context size", 400, "exceed_context_size_error"),
     "context_too_long", []),
    (400, error("This model's maximum prompt length is 131072 but the request contains 537812 tokens"),
     "context_too_long", []),
    (400, error("max_tokens is too large: 50000. This model supports at most 4096 completion tokens"), "bad_request",
     []),
    (400, error("'max_tokens' or 'max_completion_tokens' is too large: 9000. This model's maximum context length is"
     " 8192 tokens and your request has 300 input tokens"), "bad_request", []),
    (400, error("The decoder prompt (length 9000) is longer than the maximum model length of 4096"),
     "context_too_long", []),
    (422, {"error": "`inputs` must have less than 4096 tokens. Given: 9400", "error_type": "validation"},
     "context_too_long", []),
    # Limits of requests.
    (429, {"message": "Too many tokens, please wait before trying again."}, "rate_limit", []),
    (403, error("You have exceeded a secondary rate limit"), "rate_limit", []),
    (429, {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "You exceeded your current quota"}},
     "rate_limit", []),
    (400, error("slow down", kind="rate_limit_error"), "rate_limit", []),
    # The server.
    (500, error("The server had an error", kind="server_error"), "overloaded", []),
    (529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, "overloaded", []),
    (503, "no healthy upstream", "overloaded", ["no healthy upstream"]),
    (504, {"message": "Endpoint request timed out"}, "timeout", []),
    (424, {"message": "The model returned an error", "originalStatusCode": 500}, "overloaded", []),
    (498, error("Flex tier capacity exceeded", "capacity_exceeded"), "overloaded", []),
    (408, "", "timeout", []),
    (403, "RBAC: access denied", "proxy", ["RBAC: access denied"]),
    (403, "error code: 1020", "proxy", ["error code: 1020"]),
    (407, "", "proxy", []),
    (400, error("Unsupported parameter: 'top_k'", "unsupported_parameter"), "bad_request", ["top_k"]),
    (422, {"detail": [{"loc": ["body", "stop"], "msg": "field required", "type": "missing"}]}, "bad_request",
     ["field required"]),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "code", "logged"), REFUSALS)
async def test_a_refusal_is_told_by_its_reason(status: int, body: Any, code: str, logged: list[str]) -> None:
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    for answer in (http(text, "application/json", f"{status} No"), http(text, "text/event-stream", f"{status} No"),
                   http(text if isinstance(body, str) else f"event: error\ndata: {text}\n\n", None,
                   f"{status} No")):  # fmt: skip
        (failed,) = await played(answer)
        assert isinstance(failed, Failed)
        assert [failed.code, *(line for line in logged if line not in failed.detail)] == [code]


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("streamed", [True, False])
async def test_the_reason_is_found_on_every_wire(wire: str, streamed: bool) -> None:
    for status, body, code, _ in REFUSALS[::7]:
        (failed,) = await played(http(json.dumps(body), "application/json", f"{status} No"), wire, stream=streamed)
        assert isinstance(failed, Failed)
        assert [body, failed.code] == [body, code]


@pytest.mark.parametrize(("code", "title", "advice"), [
    ("upstream_limit", "The provider behind the gateway is limiting requests", "Wait a minute"),
    ("content_filter", "The provider's content filter stopped this", "Rephrase the message"),
    ("region", "This model isn't offered here", "country or region"),
    ("key_limit", "The key has reached its limit", "Ask your administrator"),
    ("forbidden", "The key isn't allowed to do this", "Ask your administrator"),
    ("proxy", "The request was blocked before it reached the provider", "A proxy or firewall"),
])  # fmt: skip
def test_what_people_read(code: str, title: str, advice: str) -> None:
    assert str(explain(code).title) == title
    assert advice in str(explain(code).advice)


def test_whose_key_it_is_is_said() -> None:
    own = make_endpoint("Own", "Own", "openai", key_from_user=True)
    for code in ("bad_key", "forbidden", "key_limit", "quota"):
        failure = with_user_key_error(Failed(code, "the detail"), own)
        assert failure.detail == "the detail"
        assert explain(failure.code).about_keys
        assert "administrator" not in str(explain(failure.code).advice)
        assert with_user_key_error(Failed(code), make_endpoint("S", "S", "openai")).code == code


PAGE = "<html><head><title>Blocked</title></head><body>Access denied</body></html>"


@pytest.mark.parametrize(("status", "code"), [
    (400, "bad_response"), (401, "proxy"), (403, "proxy"), (404, "bad_response"), (405, "bad_response"), (406, "proxy"),
    (407, "proxy"), (413, "context_too_long"), (429, "rate_limit"), (451, "proxy"), (500, "overloaded"),
    (502, "overloaded"), (503, "overloaded"), (504, "timeout"), (522, "timeout"), (302, "bad_response"),
])  # fmt: skip
@pytest.mark.parametrize("label", ["text/html", "application/json", None])
async def test_a_page_is_told_from_a_refusal(status: int, code: str, label: str | None) -> None:
    (failed,) = await played(http(PAGE, label, f"{status} No"))
    assert failed == Failed(code, f"{status} a web page: Blocked")


@pytest.mark.parametrize(("page", "text"), [
    ("<html><body><h1>Access denied</h1><p>Rule 7</p></body></html>", "Access denied Rule 7"),
    ("<html><script>var x = 1</script><style>p {}</style><title> </title><p>Go &lt;away&gt;</p>", "Go <away>"),
    ("<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>No</Message></Error>", "AccessDenied No"),
])  # fmt: skip
async def test_the_first_words_of_a_page_without_a_title(page: str, text: str) -> None:
    (failed,) = await played(http(page, "text/html", "403 No"))
    assert failed == Failed("proxy", f"403 a web page: {text}")


async def test_a_refusal_whose_body_breaks_off_is_one_all_the_same() -> None:
    head = b"HTTP/1.1 401 No\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n"
    for body in (b"", b'{"error": {"mess'):
        assert ended(await played(head + body)) == "bad_key"


async def test_amazon_names_the_reason_in_a_header() -> None:
    for header, code in (("AccessDeniedException", "forbidden"), ("UnrecognizedClientException", "bad_key"),
                         ("ThrottlingException:http://internal.example/", "rate_limit")):  # fmt: skip
        answer = http('{"message": null}', "application/json", "400 No", f"x-amzn-ErrorType: {header}")
        assert ended(await played(answer, "bedrock")) == code


@pytest.mark.parametrize(("headers", "body", "wait"), [
    (["Retry-After: 7"], {}, 7), (["retry-after-ms: 1500"], {}, 2), (["Retry-After: soon"], {}, 0), ([], {}, 0),
    ([], error("Please try again in 20s."), 20), ([], error("Please try again in 6m0s."), 360),
    ([], error("Please wait 42 seconds before retrying."), 42), ([], error("Try again in 7 minutes."), 420),
    ([], error("Please try again in 2 hours."), 7200), ([], error("Retry after 350 milliseconds"), 1),
    ([], error("Please try again in 350ms."), 1), ([], error("Try again in 1h2m3.5s"), 3724),
    ([], {"error": {"message": "no", "details": [{"@type": "…RetryInfo", "retryDelay": "36.2s"}]}}, 37),
    (["Retry-After: 3"], error("Please try again in 20s."), 3), ([], error("Please try again in a while."), 0),
])  # fmt: skip
async def test_how_long_to_wait_is_found(headers: list[str], body: Any, wait: int) -> None:
    (failed,) = await played(http(json.dumps(body), "application/json", "429 No", *headers))
    assert failed == Failed("rate_limit", failed.detail, wait)  # type: ignore[union-attr]


@pytest.mark.parametrize(("body", "again"), [
    (behind(429, RAW + " (try again in 1s)"), True), (behind(429, RAW), False),
    (error("Please try again in 1s."), True), (error("Key limit exceeded, try again in 1s."), False),
])  # fmt: skip
async def test_what_is_limited_shortly_is_asked_again(body: Any, again: bool) -> None:
    asked: list[bytes] = []
    async with answering(http(json.dumps(body), "application/json", "429 No"), asked=asked) as root:
        _ = [
            event
            async for event in stream(request_to(root), retries=Retries(max_retries=1, pause=0.01, max_backoff=1.5))
        ]
    assert len(asked) == (2 if again else 1)


def test_what_litellm_raises_is_read_alike() -> None:
    class PermissionDeniedError(Exception):
        status_code = 403

    message = "litellm.PermissionDeniedError: XException - " + json.dumps(error("Key limit exceeded (monthly limit)"))
    assert failure_of_exception(PermissionDeniedError(message)).code == "key_limit"
    assert failure_of_exception(PermissionDeniedError("litellm.PermissionDeniedError: no")).code == "forbidden"


def test_each_code_has_words() -> None:
    codes = {failure_of(status, body).code for status, body, _, _ in REFUSALS}
    assert codes <= set(EXPLANATIONS)


def claude(reason: str, *texts: str) -> bytes:
    deltas = [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}} for text in texts
    ]
    return sse({"type": "message_start", "message": {"usage": {"input_tokens": 30, "output_tokens": 1}}}, *deltas,
               {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 1}},
               {"type": "message_stop"}, done=False)  # fmt: skip


def gemini(reason: str, *texts: str) -> bytes:
    parts = [{"candidates": [{"content": {"parts": [{"text": text}]}}]} for text in texts]
    return sse(*parts, {"candidates": [{"finishReason": reason}]}, done=False)


def bedrock(reason: str, *texts: str) -> bytes:
    frames = [frame("messageStart", {"role": "assistant"})]
    frames += [frame("contentBlockDelta", {"delta": {"text": text}, "contentBlockIndex": 0}) for text in texts]
    return http(b"".join([*frames, frame("messageStop", {"stopReason": reason})]), "application/vnd.amazon.eventstream")


def responses(reason: str, *texts: str) -> bytes:
    deltas = [{"type": "response.output_text.delta", "output_index": 0, "delta": text} for text in texts]
    response = {"status": "incomplete", "incomplete_details": {"reason": reason}}
    return sse(*deltas, {"type": "response.incomplete", "response": response}, done=False)


def chat(reason: str, *texts: str) -> bytes:
    return sse(chunk({"role": "assistant"}), *(chunk({"content": text}) for text in texts), chunk({}, reason))


def chat_at_once(reason: str, *texts: str) -> bytes:
    return whole(completion({"content": "".join(texts) or None}, reason))


HALF = ("Long ago a wolf ", "came to the village and")
ENDS = [
    ("openai", chat, ["content_filter", "CONTENT_FILTER", "safety", "sensitive", "refusal", "content-filtered"],
     "content_filter"),
    ("openai", chat_at_once, ["content_filter", "guardrail_intervened"], "content_filter"),
    ("azure", chat, ["content_filter"], "content_filter"),
    ("responses", responses, ["content_filter"], "content_filter"),
    ("anthropic", claude, ["refusal"], "content_filter"),
    ("vertex claude", claude, ["refusal"], "content_filter"),
    ("gemini", gemini, ["SAFETY", "RECITATION", "PROHIBITED_CONTENT", "SPII", "BLOCKLIST", "LANGUAGE", "IMAGE_SAFETY",
                        "MODEL_ARMOR"], "content_filter"),
    ("vertex gemini", gemini, ["SAFETY"], "content_filter"),
    ("bedrock", bedrock, ["content_filtered", "guardrail_intervened"], "content_filter"),
    ("openai", chat, ["length", "max_tokens", "MAX_TOKENS", "model_length", "max_output_tokens", "ERROR_LIMIT",
                      "contextLengthReached"], "length"),
    ("openai", chat, ["ERROR_TOXIC", "content_filter: PROHIBITED_CONTENT", "FinishReason.SAFETY"], "content_filter"),
    ("openai", chat, ["FINISH_REASON_MAX_TOKENS"], "length"),
    ("responses", responses, ["max_output_tokens"], "length"),
    ("anthropic", claude, ["max_tokens", "model_context_window_exceeded"], "length"),
    ("anthropic", claude, ["pause_turn"], "limit"),
    ("bedrock", bedrock, ["max_tokens"], "length"),
    ("gemini", gemini, ["MAX_TOKENS"], "length"),
    ("openai", chat, ["stop", "eos", "end_turn", "something_new"], "stop"),
]  # fmt: skip


@pytest.mark.parametrize(("wire", "reply", "words", "reason"), ENDS)
async def test_what_ended_a_reply_is_told(wire: str, reply: Any, words: list[str], reason: str) -> None:
    for word in words:
        events = await played(reply(word, *HALF), wire)
        assert [word, text_of(events), events[-1]] == [word, "".join(HALF), Finished(reason)]  # type: ignore[arg-type]
        if reason == "content_filter":
            *_, failed = await played(reply(word), wire)
            assert isinstance(failed, Failed)
            assert [word, failed.code] == [word, "content_filter"]
            assert word in failed.detail


@pytest.mark.parametrize("word", ["insufficient_credits", "quota_exceeded"])
async def test_a_reply_that_credit_ended_is_told(word: str) -> None:
    for texts in ((), HALF):
        events = await played(chat(word, *texts))
        assert [text_of(events), ended(events)] == ["".join(texts), "quota"]


@pytest.mark.parametrize(
    "word",
    [
        "abort",
        "USER_CANCEL",
        "function_call_filter: MALFORMED_FUNCTION_CALL",
        "timed_out",
        "repetition",
        "modelUnloaded",
    ],
)
async def test_a_reply_that_was_broken_off_is_no_whole_one(word: str) -> None:
    assert ended(await played(chat(word, *HALF))) == "cut_off"


@pytest.mark.parametrize("word", ["error", "network_error", "insufficient_system_resource"])
async def test_a_provider_that_gives_up_is_no_end(word: str) -> None:
    for texts in ((), HALF):
        assert ended(await played(chat(word, *texts))) == "overloaded"


@pytest.mark.parametrize("reason", ["SAFETY", "PROHIBITED_CONTENT", "OTHER", "JAILBREAK"])
async def test_a_prompt_that_google_blocks_is_told(reason: str) -> None:
    (failed,) = await played(sse({"promptFeedback": {"blockReason": reason}}, done=False), "gemini")
    assert failed == Failed("content_filter", f"the prompt was blocked: {reason}")


async def test_thoughts_before_the_filter_are_kept() -> None:
    events = await played(sse(chunk({"reasoning": "Hm."}), chunk({}, "content_filter")))
    assert [thoughts_of(events), ended(events)] == ["Hm.", "content_filter"]
