"""Chats that nobody touched for longer than their people's are kept."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEntry, Group, Membership, Role, User
from accounts.services import roles
from chat.models import Conversation
from chat.services.privacy import retain, retention_of

pytestmark = pytest.mark.django_db


def chat(owner: User, *, days: int, **fields: Any) -> Conversation:
    made = Conversation.objects.create(owner=owner, title=f"{days} days", endpoint="E", model="m", **fields)
    Conversation.objects.filter(id=made.id).update(updated_at=timezone.now() - timedelta(days=days))
    return made


def test_without_a_rule_everything_is_kept(owner: User) -> None:
    chat(owner, days=5_000)
    assert retain().conversations == 0


def test_old_chats_of_a_role_are_deleted_and_pinned_ones_stay(owner: User, admin_user: User) -> None:
    """Security case 87."""
    roles.update(actor=None, role=Role.objects.get(name="USER"), retention_days=30)
    chat(owner, days=31)
    kept = {chat(owner, days=29).id, chat(owner, days=400, pin_position=1).id, chat(admin_user, days=400).id}
    report = retain()
    assert (report.conversations, report.people) == (1, 1)
    assert set(Conversation.objects.values_list("id", flat=True)) == kept
    assert AuditEntry.objects.get(action="retention.run").after == {"limited": 1, "conversations": 1, "people": 1}
    assert retain().conversations == 0


def test_the_shortest_time_of_role_and_groups_counts(owner: User, stranger: User) -> None:
    roles.update(actor=None, role=Role.objects.get(name="USER"), retention_days=30)
    for name, days in (("Long", 90), ("Short", 7), ("None", None)):
        group = Group.objects.create(name=name, retention_days=days)
        Membership.objects.create(group=group, user=owner)
    assert retention_of() == {owner.id: 7, stranger.id: 30}


def test_many_old_chats_go_in_lots(owner: User) -> None:
    roles.update(actor=None, role=Role.objects.get(name="USER"), retention_days=1)
    Conversation.objects.bulk_create(
        Conversation(owner=owner, title=str(number), endpoint="E", model="m") for number in range(1_100)
    )
    Conversation.objects.update(updated_at=timezone.now() - timedelta(days=2))
    assert retain().conversations == 1_100
