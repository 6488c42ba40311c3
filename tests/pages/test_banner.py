"""The line above every page."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.models import Banner, User
from accounts.services import banners
from tests.api.conftest import Api
from tests.cast import signed_in


def run(name: str, *arguments: str) -> Any:
    out = io.StringIO()
    call_command(name, *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_a_banner_is_shown_to_people_who_are_signed_in_until_they_put_it_away(owner: User) -> None:
    banner = run("update_banner", "Down <b>tonight</b>")
    client = signed_in(owner)
    page = client.get("/c/new").content.decode()
    assert "Down &lt;b&gt;tonight&lt;/b&gt;" in page
    assert "Down" not in Client().get("/login").content.decode()
    assert Api(owner).get("/api/banner").json()["message"] == "Down <b>tonight</b>"
    assert Api().get("/api/banner").content == b""
    client.cookies["banner"] = str(banner["id"])
    assert "Down" not in client.get("/c/new").content.decode()


def test_a_public_one_that_persists_is_shown_to_everybody(owner: User) -> None:
    banner = run("update_banner", "Read this", "--public", "--persistent")
    client = Client()
    client.cookies["banner"] = str(banner["id"])
    page = client.get("/login").content.decode()
    assert "Read this" in page
    assert "put-away" not in page
    assert run("delete_banner", "--yes")["deleted"] == 1
    assert "Read this" not in client.get("/login").content.decode()


def test_a_banner_has_its_time(db: None) -> None:
    now = timezone.now()
    Banner.objects.create(message="Over", display_from=now - timedelta(days=2), display_to=now - timedelta(days=1))
    Banner.objects.create(message="Not yet", display_from=now + timedelta(days=1))
    banners.latest.invalidate()
    assert banners.current(signed_in=True) is None
    for arguments in (["x", "--until", "tomorrow"], [" "], ["x" * 501]):
        with pytest.raises(CommandError):
            run("update_banner", *arguments)
