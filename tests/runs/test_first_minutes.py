"""Right after a start: a message to a model of a list that has not come yet waits for it, for a while."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from chat.models import Run
from chat.services.refusal import TurnRefused
from chat.services.turns.queue import WORK
from core.redis_client import client
from endpoints.catalog import model_lists, registry
from tests.api.conftest import Api
from tests.conversations import began

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.wire]

FILE = """
version: 1.3.5
endpoints:
  custom:
    - {{name: Slow, apiKey: k, baseURL: "{url}", models: {{default: [], fetch: true}}}}
"""
BODY = json.dumps({"data": [{"id": "late-model"}, {"id": "other"}]}).encode()


class Lists(ThreadingHTTPServer):
    """A server that takes its time for its list. `answers` is what it says, after `delay` seconds."""

    daemon_threads = True
    delay, status, asked = 0.7, 200, 0


class _Handler(BaseHTTPRequestHandler):
    server: Lists

    def do_GET(self) -> None:
        self.server.asked += 1
        time.sleep(self.server.delay)
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def lists(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lists]:
    server = Lists(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.LIBRECHAT_CONFIG = tmp_path / "librechat.yaml"
    settings.LIBRECHAT_CONFIG.write_text(FILE.format(url=f"http://127.0.0.1:{server.server_port}/v1"))
    monkeypatch.setattr("endpoints.catalog.model_lists.current_app.send_task", lambda *_: None)  # no worker is up yet
    registry.reset()
    client().delete(WORK)
    yield server
    server.shutdown()
    registry.reset()


def test_a_message_waits_for_the_list(owner: User, lists: Lists) -> None:
    assert registry.current().models("Slow") == ()
    assert began(owner, endpoint="Slow", model="late-model").run.id
    assert lists.asked == 1
    began(owner, endpoint="Slow", model="other")
    assert lists.asked == 1


def test_so_it_does_on_the_page_and_in_the_api(owner: User, lists: Lists) -> None:
    page = Client()
    page.force_login(owner)
    assert page.post("/c/new/turns", {"text": "Hi", "endpoint": "Slow", "model": "late-model"}).status_code == 302
    registry.reset()
    cache.clear()
    body = {"text": "Hi", "endpoint": "Slow", "model": "late-model", "conversationId": None}
    assert Api(owner).post("/api/agents/chat/Slow", body).status_code == 200
    assert (Run.objects.count(), lists.asked) == (2, 2)


def test_many_at_once_ask_the_provider_once(owner: User, lists: Lists) -> None:
    def begin(_: int) -> bool:
        try:
            return bool(began(owner, endpoint="Slow", model="late-model"))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(begin, range(6)))
    assert lists.asked == 1


def test_a_model_that_is_not_in_the_list_is_refused_as_before(owner: User, lists: Lists) -> None:
    with pytest.raises(TurnRefused) as refusal:
        began(owner, endpoint="Slow", model="nobodys")
    assert (refusal.value.status, refusal.value.code) == (400, "illegal_model_request")


@pytest.mark.parametrize("change", [{"delay": 30}, {"status": 500, "delay": 0}])
def test_after_a_while_the_person_is_told(
    owner: User, lists: Lists, change: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_lists, "WAIT_SECONDS", 1)
    for name, value in change.items():
        setattr(lists, name, value)
    for _ in range(2):  # the second is told at once
        began_at = time.monotonic()
        with pytest.raises(TurnRefused) as refusal:
            began(owner, endpoint="Slow", model="late-model")
        assert (refusal.value.status, refusal.value.code) == (503, "models_not_loaded")
        assert "Slow" in refusal.value.message
        assert time.monotonic() - began_at < 3
    assert lists.asked == 1
    assert not Run.objects.exists()
