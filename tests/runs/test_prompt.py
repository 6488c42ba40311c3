"""What of a conversation goes to the model when not all of it fits."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

from endpoints.providers.base import PromptMessage
from messages.parts import Text
from runs.persistence import ClaimedRun
from runs.prompt import CONTINUE, prompt_of
from tests.endpoint_maker import changed, make_endpoint

ENDPOINT = make_endpoint(name="Mine", label="Mine", wire="openai", windows={"m": 1_300}, models=("m",))
JOB = ClaimedRun(
    id=uuid4(), owner_id=uuid4(), conversation_id=uuid4(), message_id=uuid4(), hold_id=uuid4(), continues=False,
    needs_title=False, stop_requested=False, endpoint="Mine", model="m", settings={}, parts=[], history=[],
)  # fmt: skip


def history(*lengths: int) -> list[PromptMessage]:
    texts = [(chr(65 + at) + " word" * size)[:size] for at, size in enumerate(lengths)]
    return [PromptMessage.of("assistant" if at % 2 else "user", text) for at, text in enumerate(texts)]


def contents(messages: Any) -> str:
    return "".join(message.text[:1] for message in messages)


def test_the_oldest_turns_are_left_out_and_counted() -> None:
    job = replace(JOB, history=history(1500, 1500, 1500, 1500, 300), settings={"promptPrefix": "Short."})
    prompt = prompt_of(job, ENDPOINT)
    assert (contents(prompt.request.messages), prompt.left_out) == ("SCDE", 2)
    assert contents(prompt_of(replace(job, history=history(9, 9, 9)), ENDPOINT).request.messages) == "SABC"


def test_the_window_that_a_person_chose_is_used_as_it_is() -> None:
    job = replace(JOB, history=history(3000, 3000, 3000), settings={"maxContextTokens": 4000})
    assert prompt_of(job, ENDPOINT).left_out == 0
    job = replace(job, settings={"maxContextTokens": 1000})
    assert (contents(prompt_of(job, ENDPOINT).request.messages), prompt_of(job, ENDPOINT).left_out) == ("C", 2)


def test_room_for_the_reply_is_kept() -> None:
    endpoint = changed(ENDPOINT, windows={"m": 4_000})
    job = replace(JOB, history=history(3000, 3000, 3000))
    assert prompt_of(job, endpoint).left_out == 0
    assert prompt_of(replace(job, settings={"max_tokens": 2500}), endpoint).left_out == 2


def test_nothing_is_left_when_the_last_message_alone_is_too_long() -> None:
    assert prompt_of(replace(JOB, history=history(9, 9, 90_000)), ENDPOINT).request.messages == []


def test_what_is_continued_keeps_the_end_of_what_was_written() -> None:
    job = replace(JOB, history=history(9), continues=True, so_far=[Text("Once")])
    assert [message.text for message in prompt_of(job, ENDPOINT).request.messages] == ["A word wo", "Once", CONTINUE]
