"""What is sent to Bedrock, and Amazon's signature and framing checked against Amazon's own library."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.eventstream import EventStreamBuffer

from endpoints.providers.base import Endpoint, ModelRequest
from endpoints.providers.bedrock.eventstream import EventFrames
from endpoints.providers.bedrock.sigv4 import AccessKey, signed
from endpoints.transport.http import BrokenAnswer
from messages.events import Failed
from messages.parts import Reasoning, Signature
from tests.endpoint_maker import changed
from tests.model_server.bedrock import frame
from tests.model_server.fixtures import ModelServer
from tests.model_server.script import words
from tests.wire.conftest import KEY, ask, calls_of, events_of, parts_of, text_of
from tests.wire.test_native_wires import TOOL, headers_of, prompt_by

pytestmark = pytest.mark.wire


@pytest.mark.security
async def test_a_conversation_with_bedrock(bedrock: Endpoint, model_server: ModelServer) -> None:
    params: dict[str, Any] = {
        "temperature": 0.4, "top_k": 5, "thinking": {"type": "adaptive"}, "topP": None, "region": "eu-west-1",
        "guardrailConfig": {"guardrailIdentifier": "g", "guardrailVersion": "1"}, "cachePoint": {"type": "default"},
        "additionalModelRequestFields": {"output_config": {"effort": "high"}}, "messages": [], "modelId": "other",
    }  # fmt: skip
    model = "anthropic.claude-sonnet-4-5-v1:0"
    request = ModelRequest(bedrock, model, prompt_by("bedrock"), params=params, tools=(TOOL,), max_tokens=50)
    await events_of(request)
    (seen,) = model_server.requests()
    assert seen["path"] == f"/model/{model}/converse-stream"
    headers = headers_of(seen)
    assert set(headers) == {"authorization", "content-type", "x-amz-date", "x-amz-security-token"}
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIA1/")
    assert "/eu-west-1/bedrock/aws4_request, SignedHeaders=content-type;host;x-amz-date;" in headers["authorization"]
    assert KEY not in str(headers)
    mark = {"cachePoint": {"type": "default"}}
    assert seen["body"] == {
        "system": [{"text": "Be brief."}, mark],
        "messages": [
            {"role": "user", "content": [{"text": "hi"}]},
            {"role": "assistant", "content": [
                {"reasoningContent": {"reasoningText": {"text": "Where?", "signature": "c2ln"}}},
                {"reasoningContent": {"redactedContent": "AbC"}},
                {"reasoningContent": {"redactedContent": "signature ZZ"}},
                {"text": "One moment."},
                {"toolUse": {"toolUseId": "c_1", "name": "lookup", "input": {"q": "x"}}},
                {"toolUse": {"toolUseId": "c2", "name": "lookup", "input": {"arguments": "garbled"}}},
            ]},
            {"role": "user", "content": [
                {"toolResult": {"toolUseId": "c_1", "content": [{"text": "found"}]}},
                {"toolResult": {"toolUseId": "c2", "content": [{"text": "nothing"}]}},
                mark,
            ]},
        ],
        "inferenceConfig": {"temperature": 0.4, "maxTokens": 50},
        "additionalModelRequestFields": {"output_config": {"effort": "high"}, "top_k": 5,
                                         "thinking": {"type": "adaptive"}},
        "guardrailConfig": {"guardrailIdentifier": "g", "guardrailVersion": "1"},
        "toolConfig": {"tools": [{"toolSpec": {"name": "lookup", "description": "Looks things up.",
                                               "inputSchema": {"json": dict(TOOL.parameters)}}}]},
    }  # fmt: skip


async def test_a_profile_is_called_by_its_arn(bedrock: Endpoint, model_server: ModelServer) -> None:
    arn = "arn:aws:bedrock:us-east-1:1:inference-profile/p"
    events = await events_of(ask(changed(bedrock, wire_names={"claude": arn}), "[[tokens:3]]", model="claude"))
    assert text_of(events) == "".join(words(3))
    assert (
        model_server.requests()[0]["path"] == "/model/arn:aws:bedrock:us-east-1:1:inference-profile%2Fp/converse-stream"
    )


async def test_a_bearer_token_needs_no_signature(bedrock: Endpoint, model_server: ModelServer) -> None:
    await events_of(ask(changed(bedrock, api_key="abskey"), "hi"))
    assert headers_of(model_server.requests()[0]) == {
        "authorization": "Bearer abskey", "content-type": "application/json"
    }  # fmt: skip


@pytest.mark.security
async def test_a_region_cannot_name_another_host(bedrock: Endpoint, model_server: ModelServer) -> None:
    await events_of(replace(ask(bedrock, "hi"), params={"region": "x.evil.test/#"}))
    (seen,) = model_server.requests()
    assert "/eu-central-1/bedrock/" in headers_of(seen)["authorization"]
    assert "evil" not in str(seen)


@pytest.mark.parametrize("stream_it", [True, False])
async def test_thoughts_and_calls(bedrock: Endpoint, stream_it: bool) -> None:
    thought = "".join(f"Step {number}: think. " for number in range(6))
    parts = parts_of(await events_of(ask(bedrock, "[[reasoning]]", stream=stream_it))).parts
    assert parts[0] == Reasoning(thought, Signature("c2ln", provider="bedrock"))
    events = await events_of(ask(bedrock, "[[tools calls=2]]", tools=(TOOL,), stream=stream_it))
    assert calls_of(events) == [("lookup", f'{{"q": "query {number}"}}') for number in range(2)]


@pytest.mark.parametrize("token", ["", "session+token/="])
@pytest.mark.parametrize("path", ["/model/a.b-v1:0/converse", "/model/arn:aws:x%2Fp/converse-stream", "/"])
def test_the_signature_is_amazons(token: str, path: str) -> None:
    url = "https://bedrock-runtime.eu-west-1.amazonaws.com" + path
    body, headers = b'{"a":1}', {"Content-Type": "application/json", "X-Team": " two  words "}
    theirs = AWSRequest(method="POST", url=url, data=body, headers=dict(headers))
    SigV4Auth(Credentials("AKIA1", "secret", token or None), "bedrock", "eu-west-1").add_auth(theirs)
    moment = datetime.strptime(theirs.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    ours = signed(
        AccessKey("AKIA1", "secret", token), url=url, body=body, headers=headers, region="eu-west-1",
        service="bedrock", now=moment,
    )  # fmt: skip
    signature = theirs.headers["Authorization"].rpartition("=")[2]
    assert ours["Authorization"].rpartition("=")[2] == signature


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_messages_are_found_however_they_are_cut(size: int) -> None:
    stream = frame("contentBlockDelta", {"delta": {"text": "Grüße 🦊"}}) + frame(
        "messageStop", {"stopReason": "end_turn"}
    )
    ours, theirs = EventFrames(), EventStreamBuffer()
    events: list[dict[str, Any]] = []
    for at in range(0, len(stream), size):
        events += ours.feed(stream[at : at + size])
        theirs.add_data(stream[at : at + size])
    official = [{message.headers[":event-type"]: json.loads(message.payload)} for message in theirs]
    assert events == official
    assert len(events) == 2


@pytest.mark.parametrize("at", [1, 5, 9, 20, -3])
def test_a_damaged_message_is_told(at: int) -> None:
    message = bytearray(frame("messageStop", {"stopReason": "end_turn"}))
    message[at] ^= 0xFF
    with pytest.raises(BrokenAnswer):
        EventFrames().feed(bytes(message))


@pytest.mark.security
async def test_no_secret_that_a_provider_quotes_reaches_the_detail(bedrock: Endpoint) -> None:
    quoting = changed(bedrock, credentials={**bedrock.connection.credentials, "aws_session_token": "Rate limit"})
    (failed,) = await events_of(ask(quoting, "[[error:429]]"))  # whose words happen to be the token
    assert isinstance(failed, Failed)
    assert "Rate limit" not in failed.detail
    assert "***" in failed.detail
