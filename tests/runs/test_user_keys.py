"""Runs with a person's own key: whose key is sent where, and what is said when it fails."""

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from billing.models import Balance, LedgerEntry, Price
from chat.models import Conversation
from chat.services.refusal import TurnRefused
from chat.services.turns import titles
from core.ttl_cache import ttl_cache
from endpoints.catalog import keys, stored_endpoints
from endpoints.models import UserKey
from messages.events import Failed
from runs import persistence, worker
from runs.worker import Generator
from tests.conversations import began
from tests.model_server.fixtures import ModelServer
from tests.runs.test_worker import asked, over

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.wire]


@pytest.fixture(autouse=True)
def own_key_endpoint(provider: None, admin_user: User, model_server: ModelServer) -> None:
    entry = stored_endpoints.Entry(
        kind="custom", name="Own", base_url=model_server.url, key_from_user=True, model_names=("mini",)
    )
    stored_endpoints.save(actor=admin_user, entry=entry)


def put(user: User, value: str) -> None:
    keys.store(user=user, endpoint="Own", value=value, expires_at=timezone.now() + timedelta(hours=1))


async def ask(user: User, text: str = "Why?") -> list[str]:
    """Return the codes of the errors in the reply."""
    started = await asked(user, text, endpoint="Own", model="mini")
    return [part["code"] for part in (await over(started)).message.parts if part["type"] == "error"]


async def test_each_persons_own_key_is_sent(
    owner: User, stranger: User, generator: Generator, model_server: ModelServer
) -> None:
    for user, key in ((owner, "sk-olivias"), (stranger, "sk-sams")):
        await sync_to_async(put)(user, key)
        assert await ask(user) == []
    sent = [request["headers"]["Authorization"] for request in model_server.requests() if request["body"]["stream"]]
    assert sent == ["Bearer sk-olivias", "Bearer sk-sams"]


async def test_a_refused_key_is_said_to_be_theirs(owner: User, generator: Generator) -> None:
    await sync_to_async(put)(owner, "sk-olivias")
    assert await ask(owner, "[[error:401]]") == ["bad_user_key"]


def test_a_key_that_expires_while_the_run_waits(owner: User) -> None:
    put(owner, "sk-olivias")
    started = began(owner, endpoint="Own", model="mini")
    UserKey.objects.update(expires_at=timezone.now())
    job = persistence.claim(ids=[started.run.id], worker="late")[0]
    endpoint, _price = worker._means_of(job)
    assert endpoint == Failed("expired_user_key")


def test_a_turn_without_a_key_does_not_begin(owner: User) -> None:

    with pytest.raises(TurnRefused) as refused:
        began(owner, endpoint="Own", model="mini")
    assert (refused.value.code, refused.value.status) == ("no_user_key", 422)
    assert not Conversation.objects.exists()


def test_a_title_is_written_with_the_persons_key(owner: User, model_server: ModelServer) -> None:

    put(owner, "sk-olivias")
    started = began(owner, endpoint="Own", model="mini")
    titles.write_title(started.conversation.id)
    assert model_server.requests()[-1]["headers"]["Authorization"] == "Bearer sk-olivias"
    keys.revoke_all(user=owner)
    before = model_server.count
    assert titles.rewrite_title(started.conversation.id, "title:again")
    assert model_server.count == before


async def test_the_table_of_prices_is_read_beside_the_event_loop(
    owner: User, generator: Generator, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A generator asks the database for prices every two seconds, also at the start of a limited run."""
    settings.BALANCE_ENABLED = True
    monkeypatch.setattr(ttl_cache, "FRESH", -1.0)
    await Balance.objects.aupdate_or_create(user=owner, defaults={"credits": 10**9})
    await Price.objects.acreate(endpoint="Own", model="mini", prompt=1, completion=2)
    await sync_to_async(put)(owner, "sk-olivias")
    assert await ask(owner) == []
    assert await LedgerEntry.objects.filter(reason="message").aexists()
