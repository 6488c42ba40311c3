"""`web.fragments` against its templates, rendered in Django's way with what a page would give them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.template import Context, Engine
from django.urls import set_script_prefix
from django.utils import timezone, translation
from django.utils.safestring import SafeString
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat.models import Conversation, Project
from core.prebuilt import Prebuilt
from messages.parts import Error, Text
from web import fragments, pages
from web.model_menu import ModelOption
from web.pages import ChatPage
from web.presenters import MessageView, present_parts
from web.templatetags.ui import moment

IDS = [UUID(int=number) for number in range(1, 8)]
names = st.sampled_from(["", "Some Model", '<img src=x onerror="1">', "a & b", "{{ id }}", "نموذج"])
some_id = st.none() | st.sampled_from(IDS)
times = st.sampled_from([datetime(2026, 3, 1, 9, 5, tzinfo=UTC), timezone.now(), timezone.now() - timedelta(days=1)])
views = st.builds(
    MessageView,
    id=st.sampled_from(IDS),
    conversation_id=st.sampled_from(IDS),
    is_user=st.booleans(),
    sender=names,
    endpoint=st.sampled_from(["", "openAI", "Somewhere"]),
    model=names,
    state=st.sampled_from(["complete", "streaming", "stopped", "failed", "interrupted", "deleted"]),
    finish_reason=st.sampled_from(["", "stop", "length", "content_filter", "budget", "limit"]),
    parts=st.just(tuple(present_parts([Text("Cats **purr**.")]))),
    text=names,
    created_at=times,
    sibling_index=st.integers(1, 3),
    sibling_count=st.integers(1, 3),
    previous_id=some_id,
    next_id=some_id,
    is_last=st.booleans(),
    run_id=some_id,
    ticket=st.just("3f2a"),
    waited=st.integers(0, 99_999),
    thinks=st.booleans(),
    waits=st.booleans(),
    asked=st.sampled_from([(), tuple(present_parts([Error("overloaded")]))]),
    can_continue=st.booleans(),
    can_edit=st.booleans(),
    edited_at=st.none() | times,
    quotes=st.sampled_from([(), ({"text": "a < b", "messageId": str(IDS[0])},)]),
    feedback=st.sampled_from([None, {"rating": "thumbsUp"}, {"rating": "thumbsDown", "tag": "other"}]),
    is_empty=st.booleans(),
    may_retry=st.booleans(),
    left_out=st.integers(0, 2_000),
)


def _rendered(name: str, **values: Any) -> str:
    return Engine.get_default().get_template(name).render(Context(values))


def _tag(view: MessageView) -> str:
    return Engine.get_default().from_string("{% load chat %}{% article message %}").render(Context({"message": view}))


@pytest.fixture
def unkept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every template of `web.fragments` is rendered for the first time."""
    for kept in vars(fragments).values():
        if isinstance(kept, Prebuilt):
            monkeypatch.setattr(kept, "_built", {})


def _in_djangos_way(view: MessageView) -> dict[str, Any]:
    def parts(of: Any) -> SafeString:
        return SafeString("".join(_rendered(part.template, part=part) for part in of))

    return {
        "message": view,
        "icon": None if view.is_user else view.icon,
        "moment": moment(view.created_at),
        "parts": parts(view.parts),
        "asked": parts(view.asked),
        "quotes": SafeString(_rendered("chat/quotes.html", message=view) if view.quotes else ""),
    }


@pytest.mark.django_db
@pytest.mark.usefixtures("unkept")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(view=views, language=st.sampled_from(["en", "de", "ar"]))
def test_a_message_is_what_its_template_gives(view: MessageView, language: str) -> None:
    with translation.override(language):
        whole = _in_djangos_way(view)
        assert _tag(view) == _rendered("chat/message.html", **whole)
        assert fragments.footer(view) == _rendered("chat/message_foot.html", **whole)


@pytest.mark.django_db
@pytest.mark.usefixtures("unkept")
def test_messages_that_differ_in_texts_alone_share_a_shape() -> None:
    view = MessageView(
        id=IDS[0], conversation_id=IDS[1], is_user=False, sender="Some Model", endpoint="Somewhere", model="tiny",
        state="complete", finish_reason="stop", parts=(), text="Because.", created_at=timezone.now(),
    )  # fmt: skip
    others = [replace(view, id=UUID(int=1000 + number), text=f"Text {number}", waited=number) for number in range(50)]
    for other in others:
        assert str(other.id) in _tag(other)
    assert len(fragments._ARTICLE._built) == 1


@pytest.mark.parametrize("title", ["Menu", "<b>&\"'", ""])
@pytest.mark.parametrize("is_pinned", [True, False])
def test_a_row_is_what_its_template_gives(title: str, is_pinned: bool) -> None:
    row = Conversation(id=IDS[0], title=title, pin_position=1 if is_pinned else None)
    for is_current in (True, False):
        for running, asking in ((True, False), (False, True), (False, False)):
            row.is_running, row.is_asking = running, asking  # type: ignore[attr-defined]
            expected = _rendered("components/sidebar_row.html", row=row, is_current=is_current)
            assert fragments.conversation_row(row, is_current=is_current) == expected


@pytest.mark.parametrize("is_archived", [True, False])
@pytest.mark.parametrize("prefix", ["/", "/chat/"])
def test_actions_are_what_their_template_gives(is_archived: bool, prefix: str) -> None:
    row = Conversation(id=IDS[0], archived_at=timezone.now() if is_archived else None)
    set_script_prefix(prefix)
    try:
        actions = fragments.conversation_actions(row)
        assert actions == _rendered("chat/chat_actions.html", conversation=row)
    finally:
        set_script_prefix("/")
    assert f'href="{prefix}c/{IDS[0]}/rename"' in actions


@pytest.mark.django_db
@pytest.mark.parametrize("chosen", [{}, {"temperature": 1}], ids=["as usual", "set"])
@pytest.mark.parametrize("project", [None, Project(id=IDS[1], name="Tax & <b>")], ids=["alone", "in a project"])
@pytest.mark.parametrize("is_new", [True, False])
def test_the_header_is_what_its_template_gives(chosen: dict[str, Any], project: Project | None, is_new: bool) -> None:
    choice = ModelOption("Some & endpoint", "Some", "a/b c", "Some Model")
    for title in ("Cats", "<b>&", "{{ id }}"):
        for is_bookmarked in (True, False):
            conversation = Conversation(id=IDS[0], title=title, settings=chosen, project=project)
            conversation.is_bookmarked = is_bookmarked  # type: ignore[attr-defined]
            page = ChatPage(None if is_new else conversation, pages.NOTHING, choice, only_local=False)
            expected = _rendered(
                "chat/header_actions.html",
                conversation=page.conversation,
                project=None if is_new else project,
                query="?endpoint=Some+%26+endpoint&model=a%2Fb+c&spec=",
                may_set=True,
                is_set=bool(chosen) and not is_new,
                is_bookmarked=is_bookmarked and not is_new,
                actions=fragments.conversation_actions(conversation),
                oob=False,
            )
            assert fragments.header_actions(page, is_oob=False) == expected


@pytest.mark.parametrize("name", ["chat/words.html", "chat/shortcuts.html", "chat/row_menu.html"])
def test_what_has_no_variables_is_the_same_in_each_language(name: str) -> None:
    for _ in range(2):
        for language in ("en", "de", "ar"):
            with translation.override(language):
                assert fragments.unchanging(name) == _rendered(name)


def test_a_time_is_told_anew_where_the_day_or_the_language_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    written = datetime(2026, 3, 1, 9, 5, tzinfo=UTC)
    shown: dict[tuple[str, str, str], str] = {}
    for day in ("2026-03-01", "2026-03-02"):
        monkeypatch.setattr("django.utils.timezone.now", lambda day=day: datetime.fromisoformat(f"{day}T11:00:00Z"))
        for language in ("en", "de"):
            for zone in ("UTC", "Asia/Tokyo"):
                with translation.override(language), timezone.override(zone):
                    shown[day, language, zone] = moment(written)
                    assert moment(written) == shown[day, language, zone]
    assert len(set(shown.values())) == 8
    assert ">09:05<" in shown["2026-03-01", "en", "UTC"]
    assert ">18:05<" in shown["2026-03-01", "de", "Asia/Tokyo"]
    assert ">01.03.2026<" in shown["2026-03-02", "de", "UTC"]
