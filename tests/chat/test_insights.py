"""The administration's overview: what it counts, what it costs, and that it shows nothing anybody wrote."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Group, Membership, User
from billing.models import Balance, Budget, LedgerEntry
from billing.services import budgets
from chat.models import Bookmark, Conversation, Message, Project, Run
from chat.services import insights

MARKER = "zebra-under-the-bridge"


@pytest.fixture
def store_run(db: None) -> Callable[..., Run]:
    """Return a function that stores a run of so many seconds, and what it cost."""

    def make(owner: User, *, days_ago: int = 0, endpoint: str = "E", seconds: int = 2, **fields: Any) -> Run:
        at = timezone.now() - timedelta(days=days_ago)
        chat = Conversation.objects.create(owner=owner, title=MARKER, endpoint=endpoint, model="m")
        question = Message.objects.create(conversation=chat, author="user", text=MARKER)
        reply = Message.objects.create(
            conversation=chat, author="assistant", parent=question, text=MARKER, endpoint=endpoint, model="m"
        )
        LedgerEntry.objects.create(
            user=owner, key=str(reply.id), reason="message", credits=-500_000, balance_after=0, endpoint=endpoint,
            model="m", input_tokens=10, cache_read_tokens=5, output_tokens=3, created_at=at,
        )  # fmt: skip
        state = {"state": "done", "started_at": at, "finished_at": at + timedelta(seconds=seconds), **fields}
        return Run.objects.create(owner=owner, conversation=chat, message=reply, created_at=at, **state)

    return make


def test_replies_and_people_are_counted_by_day(store_run: Callable[..., Run], owner: User, stranger: User) -> None:
    for user, days in [(owner, 0), (owner, 0), (stranger, 0), (owner, 2), (owner, 7)]:
        store_run(user, days_ago=days)
    rows = insights.table("activity", days=7).rows
    assert [row[1:] for row in rows] == [(0, 0), (0, 0), (0, 0), (0, 0), (1, 1), (0, 0), (3, 2)]


def test_tokens_and_cost_are_the_ledgers(store_run: Callable[..., Run], owner: User) -> None:
    store_run(owner)
    store_run(owner)
    LedgerEntry.objects.create(user=owner, key="gift", reason="adjustment", credits=9_000_000, balance_after=0)
    assert insights.table("spending", days=7).rows[-1][1:] == (30, 6, Decimal(1))
    assert insights.table("models", days=7).rows == [("E / m", 30, 6, Decimal(1))]


def test_who_is_in_two_groups_counts_in_both(store_run: Callable[..., Run], owner: User, stranger: User) -> None:
    lab, staff = Group.objects.create(name="Lab"), Group.objects.create(name="Staff")
    for group, user in [(lab, owner), (staff, owner), (staff, stranger)]:
        Membership.objects.create(group=group, user=user)
    store_run(owner)
    store_run(stranger)
    rows = insights.table("groups", days=30).rows
    assert rows == [("Staff", 30, 6, Decimal(1)), ("Lab", 15, 3, Decimal("0.5"))]


def test_latency_and_errors_are_told_by_endpoint(store_run: Callable[..., Run], owner: User) -> None:
    for seconds in (1, 3):
        store_run(owner, seconds=seconds)
    store_run(owner, state="failed")
    store_run(owner, endpoint="F", state="failed", started_at=None)
    rows = insights.table("endpoints", days=7).rows
    assert rows == [
        ("E", 3, Decimal(2), Decimal("2.9"), 1, Decimal("33.3")), ("F", 1, Decimal(0), Decimal(0), 1, Decimal(100)),
    ]  # fmt: skip


def test_the_overview_costs_the_same_with_one_run_and_with_eleven(
    store_run: Callable[..., Run], owner: User, stranger: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(11):
        store_run(owner if number % 2 else stranger, days_ago=number, endpoint=f"E{number}")
        with django_assert_num_queries(5):
            insights.tables(days=30)


@pytest.mark.parametrize("days", ["", "7", "90", "4000", "x"])
def test_the_overview_opens_for_every_span(
    admin_client: Client, store_run: Callable[..., Run], owner: User, days: str
) -> None:
    store_run(owner)
    answer = admin_client.get(reverse("admin:index"), {"days": days})
    assert answer.status_code == 200
    assert b"<svg" in answer.content
    assert b"<table" in answer.content


@pytest.mark.parametrize("slug", ["activity", "spending", "models", "groups", "endpoints"])
def test_every_table_can_be_downloaded(
    admin_client: Client, store_run: Callable[..., Run], owner: User, slug: str
) -> None:
    store_run(owner, endpoint="=1+1")
    Membership.objects.create(group=Group.objects.create(name="Lab"), user=owner)
    answer = admin_client.get(reverse("insights_csv", args=[slug]), {"days": "7"})
    assert answer["Content-Disposition"] == f'attachment; filename="{slug}-7-days.csv"'
    lines = answer.content.decode().splitlines()
    assert len(lines) == (8 if slug in {"activity", "spending"} else 2)
    assert not any(line.startswith("=") for line in lines)
    assert admin_client.get(reverse("insights_csv", args=["passwords"])).status_code == 404


@pytest.mark.security
def test_the_overview_and_its_files_are_for_administrators(client: Client, owner: User) -> None:
    client.force_login(owner)
    for path in (reverse("admin:index"), reverse("insights_csv", args=["models"]), reverse("see_as", args=[owner.pk])):
        answer = client.get(path, follow=True)
        assert answer.status_code == 403


def test_what_a_person_sees_is_told(admin_client: Client, owner: User) -> None:
    group = Group.objects.create(name="Lab of bees")
    Membership.objects.create(group=group, user=owner, is_manager=True)
    Budget.objects.create(name="Honey money", scope="group", group=group, amount=100)
    budgets.active.invalidate()
    text = admin_client.get(reverse("see_as", args=[owner.pk])).content.decode()
    for label in ("Lab of bees", "manager", "Honey money", "0 / 100", "Create projects", "Coefficient"):
        assert label in text
    assert "WEB_SEARCH" not in text  # a right without words: what it is about is not there yet
    assert admin_client.post(reverse("see_as", args=[owner.pk])).status_code == 405
    assert admin_client.get(reverse("see_as", args=["01900000-0000-7000-8000-00000000ffff"])).status_code == 404


@pytest.mark.security
def test_no_page_of_the_administration_shows_what_people_wrote(
    admin_client: Client, store_run: Callable[..., Run], owner: User
) -> None:
    finished = store_run(owner)
    Message.objects.filter(pk=finished.message_id).update(parts=[{"type": "text", "text": MARKER}], quotes=[MARKER])
    Project.objects.create(owner=owner, name=MARKER)
    Bookmark.objects.create(owner=owner, name=MARKER)
    Balance.objects.create(user=owner)
    Membership.objects.create(group=Group.objects.create(name="Lab"), user=owner)
    pages = [reverse("admin:index"), reverse("see_as", args=[owner.pk]), reverse("admin:accounts_role_matrix")]
    pages += [reverse("insights_csv", args=[slug]) for slug in insights._TABLES]
    pages.append(reverse("admin:billing_balance_adjust", args=[owner.pk]))
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        pages.append(reverse(f"{name}_changelist"))
        pages += [reverse(f"{name}_change", args=[row.pk]) for row in model._default_manager.all()[:5]]
    for page in pages:
        answer = admin_client.get(page, follow=True)
        assert answer.status_code == 200, page
        assert MARKER not in answer.content.decode(), page


@pytest.mark.security
def test_what_people_write_has_no_page_in_the_administration() -> None:
    assert not [model for model in admin.site._registry if model._meta.app_label in {"chat", "files", "agents"}]
