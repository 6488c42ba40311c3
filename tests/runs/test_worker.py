"""The generator in this process, against a real provider, log and database: how runs end, and that it goes on."""

import asyncio
import math
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError, connections
from pytest_django import Settings

from accounts.models import AuditEntry, User
from billing.models import Balance, Hold, LedgerEntry
from billing.services import coverage
from chat.models import Conversation, Message, Run
from chat.services.model_settings import ModelSettings
from chat.services.organise import conversations
from chat.services.refusal import TurnRefused
from chat.services.turns import ending, titles, turns
from chat.services.turns.draft import StartedTurn
from chat.services.turns.queue import STOP, WORK
from core.redis_client import client
from endpoints.catalog import registry
from endpoints.services.tokens import estimate_message
from runs import persistence, worker
from runs.sweeper import Sweeper
from runs.worker import Generator
from tests.conversations import began, draft
from tests.model_server.fixtures import ModelServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.wire]


@pytest.fixture(autouse=True)
def saved_soon(provider: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "SAVE_EVERY", 0.1)


async def asked(user: User, text: str, **changes: Any) -> StartedTurn:
    return await sync_to_async(began)(user, text=text, **changes)


async def row(started: StartedTurn) -> Run:
    return await Run.objects.select_related("message").aget(id=started.run.id)


async def over(started: StartedTurn) -> Run:
    """Return the run when it has ended."""
    async with asyncio.timeout(20):
        while (run := await row(started)).is_open:  # noqa: ASYNC110 (the database has no event)
            await asyncio.sleep(0.02)
    return run


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not await sync_to_async(condition)():  # noqa: ASYNC110 (the database has no event)
            await asyncio.sleep(0.02)


async def test_a_run_is_written_stored_and_settled(owner: User, generator: Generator) -> None:
    started = await asked(owner, "[[tokens:40]] Why?")
    run = await over(started)
    assert (run.state, run.message.state, run.message.finish_reason) == ("done", "complete", "stop")
    assert len(run.message.text.split()) == 40
    assert (await Hold.objects.aget()).state == "settled"
    entry = await LedgerEntry.objects.aget()
    assert (entry.key, entry.estimated) == (f"generation:{run.id}:0", False)


async def test_the_headers_tell_who_asks_and_where(
    owner: User, generator: Generator, model_server: ModelServer, tmp_path: Path
) -> None:
    where = "{{LIBRECHAT_BODY_CONVERSATIONID}} {{LIBRECHAT_BODY_MESSAGEID}}"
    headers = "{X-Who: '{{LIBRECHAT_USER_EMAIL}}', X-Where: '" + where + "'}"
    file = tmp_path / "librechat.yaml"
    file.write_text(file.read_text() + f"      headers: {headers}\n")
    registry.reset()
    started = await asked(owner, "Why?")
    await over(started)
    seen = model_server.requests()[-1]["headers"]
    assert seen["X-Who"] == owner.email
    assert seen["X-Where"] == f"{started.conversation.id} {started.reply.parent_id}"


async def test_stopping_keeps_what_was_written_and_charges_it(owner: User, generator: Generator) -> None:
    started = await asked(owner, "[[endless delay=10]]")
    await until(lambda: bool(Message.objects.get(id=started.reply.id).parts))
    await sync_to_async(turns.stop)(user=owner, run_id=started.run.id)
    run = await over(started)
    assert (run.state, run.message.state, run.message.finish_reason) == ("stopped", "stopped", "stopped")
    assert run.message.text.startswith("The 0 quick 1")
    assert (await LedgerEntry.objects.aget()).estimated
    assert await sync_to_async(turns.can_continue)(run.message)


async def test_a_stop_that_was_not_heard_is_read_from_the_row(
    owner: User, generator: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = await asked(owner, "[[stall]]")
    await until(lambda: bool(Message.objects.get(id=started.reply.id).parts))
    await Run.objects.aupdate(stop_requested=True)
    assert (await over(started)).state == "stopped"


async def test_a_stop_before_the_first_word_hangs_up_at_once_and_costs_nothing(
    owner: User, generator: Generator, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "SAVE_EVERY", 600)  # the word alone stops it
    started = await asked(owner, "[[stall head=no]]")
    await asyncio.to_thread(model_server.wait_until, lambda seen: len(seen) == 1)
    await sync_to_async(turns.stop)(user=owner, run_id=started.run.id)
    run = await over(started)
    assert (run.state, run.message.state, run.message.parts) == ("stopped", "stopped", [])
    await asyncio.to_thread(model_server.wait_until, lambda seen: seen[0]["state"] == "disconnected")
    assert (await Hold.objects.aget()).state == "settled"
    assert not await LedgerEntry.objects.aexists()


async def test_a_model_that_is_silent_for_longer_than_a_lease_keeps_its_run(
    owner: User, generator: Generator, settings: Settings
) -> None:
    """Its generator renews the lease, so that the sweeper, who looks after a lease's time, finds another one."""
    started = await asked(owner, "[[gate:thoughts at=0]]")
    clock = 0.0
    sweeper = Sweeper(monotonic=lambda: clock)
    for _ in range(5):
        lease = (await row(started)).lease_expires_at
        await until(lambda seen=lease: Run.objects.get().lease_expires_at != seen)  # type: ignore[misc]
        assert (await sync_to_async(sweeper.look)())["interrupted"] == 0
        clock += settings.GENERATION_LEASE_SECONDS
    assert (await row(started)).is_open
    await sync_to_async(turns.stop)(user=owner, run_id=started.run.id)
    assert (await over(started)).state == "stopped"


async def test_deleting_while_it_writes_charges_what_was_written(owner: User, generator: Generator) -> None:
    """Also when the word to stop is lost: the next save finds that there is no such run."""
    started = await asked(owner, "[[endless delay=10]]")
    await until(lambda: bool(Message.objects.get(id=started.reply.id).parts))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ending, "announce_stop", lambda _: None)
        await sync_to_async(conversations.delete)(user=owner, conversation_id=started.conversation.id)
    await until(lambda: Hold.objects.get().state == "settled")
    entry = await LedgerEntry.objects.aget()
    assert entry.estimated
    assert entry.output_tokens > 0
    assert not await Message.objects.aexists()


async def test_a_run_that_was_swept_is_given_up(owner: User, generator: Generator, model_server: ModelServer) -> None:
    started = await asked(owner, "[[endless delay=10]]")
    await until(lambda: bool(Message.objects.get(id=started.reply.id).parts))
    await Run.objects.aupdate(state="interrupted")
    await Message.objects.filter(id=started.reply.id).aupdate(state="interrupted", text="kept", parts=[])
    await asyncio.to_thread(model_server.wait_until, lambda seen: seen[-1]["state"] == "disconnected")
    reply = await Message.objects.aget(id=started.reply.id)
    assert (reply.state, reply.text, reply.parts) == ("interrupted", "kept", [])
    assert not await LedgerEntry.objects.aexists()


async def test_words_that_mean_nothing_do_not_end_the_work(owner: User, generator: Generator) -> None:
    client().rpush(WORK, "no-id")
    client().publish(STOP, "no-id")
    started = await asked(owner, "[[tokens:5]]")
    assert (await over(started)).state == "done"
    slow = await asked(owner, "[[stall]]")
    await until(lambda: bool(Message.objects.get(id=slow.reply.id).parts))
    await sync_to_async(turns.stop)(user=owner, run_id=slow.run.id)
    assert (await over(slow)).state == "stopped"


async def test_settings_nobody_can_read_fail_the_run_and_only_it(owner: User, generator: Generator) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(turns, "announce_work", lambda *_: None)
        started = await asked(owner, "[[tokens:5]]")
    await Conversation.objects.aupdate(settings={"of": "another version"})
    client().rpush(WORK, str(started.run.id))
    run = await over(started)
    assert (run.state, run.error, run.message.state) == ("failed", "internal", "failed")
    assert (await Hold.objects.aget()).state == "settled"
    assert not await LedgerEntry.objects.aexists()


async def test_credit_that_cannot_be_asked_for_just_now_is_waited_for(
    owner: User, generator: Generator, balances_on: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, failures = coverage.look, iter([True, True])

    def look_after_a_while(**values: Any) -> coverage.Covered:
        if next(failures, False):
            raise OperationalError("the database is starting up")
        return look(**values)

    monkeypatch.setattr(coverage, "look", look_after_a_while)
    started = await asked(owner, "[[tokens:20]]", model="gpt-4o")
    assert (await over(started)).state == "done"
    balance = await Balance.objects.aget(user=owner)
    assert balance.held == 0
    assert balance.credits < 1_000_000


async def test_a_stop_while_credit_is_asked_for_ends_the_run_unasked(
    owner: User, generator: Generator, balances_on: None, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = coverage.look

    def look_and_stop(**values: Any) -> coverage.Covered:
        turns.stop(user=owner, run_id=Run.objects.get().id)
        done = look(**values)
        asyncio.run_coroutine_threadsafe(heard(), loop).result(10)
        return done

    async def heard() -> None:
        while not any(run.stopping for run in generator._runs.values()):  # noqa: ASYNC110 (nor has the run)
            await asyncio.sleep(0.01)

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(coverage, "look", look_and_stop)
    started = await asked(owner, "[[tokens:20]]", model="gpt-4o")
    assert (await over(started)).state == "stopped"
    assert model_server.count == 0
    assert (await Balance.objects.aget(user=owner)).held == 0


async def test_told_to_stop_it_finishes_what_runs_and_takes_nothing_new(owner: User, model_server: ModelServer) -> None:
    generator = Generator()
    working = asyncio.create_task(generator.run())
    running = await asked(owner, "[[gate:drain]]")
    await until(lambda: bool(Message.objects.get(id=running.reply.id).parts))
    generator.drain()
    waiting = await asked(owner, "[[tokens:5]]")
    await asyncio.to_thread(model_server.release, "drain")
    await asyncio.wait_for(working, 20)
    assert (await row(running)).state == "done"
    assert (await row(waiting)).state == "queued"
    assert await sync_to_async(persistence.claim)(ids=[waiting.run.id], worker="next")
    await sync_to_async(connections.close_all)()


def test_a_title_is_written_again_because_the_person_asked(owner: User, tmp_path: Path) -> None:
    file = tmp_path / "librechat.yaml"
    file.write_text(file.read_text().replace("titleConvo: false", "titleConvo: true"))
    registry.reset()
    started = began(owner, text="[[title:A_new_name]] why do cats purr?")
    conversations.rename(user=owner, conversation_id=started.conversation.id, title="My own")
    assert titles.rewrite_title(started.conversation.id, "title:once") == "A new name"
    assert titles.rewrite_title(started.conversation.id, "title:once") == "A new name"
    assert Conversation.objects.get().title == "A new name"
    assert LedgerEntry.objects.filter(reason="title").count() == 1, "a repeated task is charged once"


def test_a_name_given_meanwhile_is_kept(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    started = began(owner)

    def answer(conversation: Conversation, question: Message, *, key: str = "") -> str:
        conversations.rename(user=owner, conversation_id=conversation.id, title="Given meanwhile")
        return "The model's"

    monkeypatch.setattr(titles, "_ask", answer)
    assert titles.rewrite_title(started.conversation.id, "title:once") == "Given meanwhile"


def test_a_title_stays_when_no_model_writes_any(owner: User) -> None:
    started = began(owner)
    with pytest.raises(TurnRefused):
        titles.ask_again(user=owner, conversation_id=started.conversation.id)


async def test_a_reply_says_how_many_earlier_messages_did_not_fit(
    generator: Generator, owner: User, make_branch: Callable[..., Conversation]
) -> None:
    chat = await sync_to_async(make_branch)(owner, count=4, settings={"maxContextTokens": 30})
    last = await Message.objects.aget(conversation=chat, text="M3")
    started = await sync_to_async(turns.start_turn)(
        user=owner, conversation_id=chat.id, draft=draft(text="[[echo]] And now?", parent_id=last.id)
    )
    run = await over(started)
    assert (run.state, run.message.left_out) == ("done", 2)


async def test_a_message_that_the_model_has_no_room_for_is_not_sent(
    generator: Generator, owner: User, model_server: ModelServer
) -> None:
    with pytest.raises(TurnRefused) as refusal:
        await asked(owner, "word " * 100, settings=ModelSettings({"maxContextTokens": 10}))
    size = estimate_message("word " * 100)
    assert (refusal.value.status, refusal.value.code) == (422, "INPUT_LENGTH")
    assert refusal.value.details == {"info": f"{size} / 10"}
    assert f"about {size - 10} tokens" in refusal.value.message
    assert not await Run.objects.aexists()
    started = await asked(owner, "Hi", settings=ModelSettings({"promptPrefix": "word " * 100, "maxContextTokens": 10}))
    run = await over(started)
    assert (run.state, run.error) == ("failed", "empty_messages")
    assert model_server.count == 0


async def test_what_a_cache_keeps_for_an_hour_reaches_the_ledger_at_its_price(
    owner: User, generator: Generator, model_server: ModelServer, tmp_path: Path
) -> None:
    file = tmp_path / "librechat.yaml"
    file.write_text(file.read_text().replace(model_server.url, model_server.root + "\n      provider: anthropic"))
    file.write_text(file.read_text().replace("tiny", "claude-haiku-4-5"))
    registry.reset()
    run = await over(await asked(owner, "[[tokens:3 cached=7 written=50 hour=20]] Why?", model="claude-haiku-4-5"))
    entry = await LedgerEntry.objects.aget()
    assert (run.state, entry.cache_write_tokens, entry.cache_write_1h_tokens) == ("done", 50, 20)
    assert (entry.rates["cache_write"], entry.rates["cache_write_1h"]) == ("1.25", "2")
    assert -entry.credits == math.ceil(
        entry.input_tokens + 3 * 5 + entry.cache_read_tokens * Decimal("0.1") + 30 * Decimal("1.25") + 20 * 2
    )
    assert run.message.usage["cache_write_1h_tokens"] == 20


async def test_a_count_that_cannot_be_is_cut_and_told(owner: User, generator: Generator, settings: Settings) -> None:
    settings.BALANCE_ENABLED = True
    settings.BALANCE_START_CREDITS = 10_000_000
    run = await over(await asked(owner, "[[tokens:5 usage=90000000]]", model="gpt-4o"))
    entry = await LedgerEntry.objects.aget(reason="message")
    assert (run.state, entry.input_tokens, entry.output_tokens) == ("done", 127_500, 16_384)
    assert (await Balance.objects.aget(user=owner)).credits > 0
    audit_entry = await AuditEntry.objects.aget(action="usage.implausible")
    assert audit_entry.before["reported"]["output_tokens"] == 90_000_000
    assert audit_entry.after["charged"]["output_tokens"] == 16_384
    capped = await over(
        await asked(owner, "[[tokens:5 usage=900]]", model="gpt-4o", settings=ModelSettings({"max_tokens": 50}))
    )
    assert capped.message.usage["output_tokens"] == 50
