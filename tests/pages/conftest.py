"""Signed-in browsers, and conversations for them to look at."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from billing.models import Budget, BudgetUsage, LedgerEntry
from billing.services import budgets
from chat.models import Conversation, Message, Run

FRAGMENT = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture(autouse=True)
def configured(somewhere: None) -> None:
    """Every page is asked for where `Somewhere` is configured."""


@pytest.fixture
def make_chat(db: None) -> Callable[..., Conversation]:
    """Return a function that stores a conversation of `turns` questions, each with its reply, all on view."""

    def make(owner: User, *, title: str = "Cats at night", turns: int = 1, **fields: Any) -> Conversation:
        chat = Conversation.objects.create(owner=owner, title=title, endpoint="Somewhere", model="tiny", **fields)
        parent = None
        start = chat.created_at - timedelta(hours=1)
        for number in range(turns):
            question = Message.objects.create(
                conversation=chat, author="user", text=f"Question {number}", parent=parent,
                parts=[{"type": "text", "text": f"Question {number}"}],
                created_at=start + timedelta(seconds=2 * number),
            )  # fmt: skip
            parent = make_reply(question, f"Answer {number}", created_at=start + timedelta(seconds=2 * number + 1))
        return chat

    return make


def make_reply(question: Message, text: str, **fields: Any) -> Message:
    values: dict[str, Any] = {
        "parts": [{"type": "text", "text": text}] if text else [], "text": text, "endpoint": "Somewhere",
        "model": "tiny", "sender": "tiny", "state": "complete", "finish_reason": "stop", **fields,
    }  # fmt: skip
    return Message.objects.create(conversation=question.conversation, author="assistant", parent=question, **values)


def make_run(reply: Message, state: str = "running") -> Run:
    Message.objects.filter(id=reply.id).update(state="streaming")
    return Run.objects.create(
        owner=reply.conversation.owner, conversation=reply.conversation, message=reply, state=state
    )


@pytest.fixture
def spend(db: None) -> Callable[..., LedgerEntry]:
    """Return a function that charges a person for a call, some days ago."""

    def charge(
        user: User, credits: int = 1_000, *, days: int = 0, model: str = "tiny", reason: str = "message", **more: Any
    ) -> LedgerEntry:
        number = uuid4()
        fields = {
            "key": f"{number}", "reason": reason, "credits": -credits, "balance_after": 0, "endpoint": "Somewhere",
            "model": model, "input_tokens": 700, "output_tokens": 300, "reasoning_tokens": 50,
            "created_at": timezone.now() - timedelta(days=days),
        }  # fmt: skip
        return LedgerEntry.objects.create(user=user, **(fields | more))

    return charge


@pytest.fixture
def five_dollars(settings: Settings) -> None:
    settings.BALANCE_ENABLED = True
    settings.BALANCE_START_CREDITS = 5_000_000


@pytest.fixture
def use_up(db: None) -> Callable[..., None]:
    """Return a function that counts so much as spent of a budget in the period at hand."""

    def count(budget: Budget, subject: UUID, spent: int) -> None:
        start = budgets.period_start(budget.period, timezone.now())
        BudgetUsage.objects.create(budget=budget, subject=subject, period_start=start, spent=spent)

    return count
