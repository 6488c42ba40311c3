"""What a process remembers for a moment, and when it asks again."""

import pytest
from django.db import transaction

from core.ttl_cache import ttl_cache


@pytest.fixture
def questions() -> list[str]:
    return []


def test_a_question_is_asked_once_for_each_argument(questions: list[str]) -> None:
    @ttl_cache
    def length(word: str) -> int:
        questions.append(word)
        return len(word)

    assert [length("a"), length("bb"), length("a")] == [1, 2, 1]
    assert questions == ["a", "bb"]


def test_it_is_asked_anew_after_a_moment(questions: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ttl_cache, "FRESH", -1.0)

    @ttl_cache
    def count() -> int:
        questions.append("again")
        return len(questions)

    assert [count(), count()] == [1, 2]


@pytest.mark.django_db
def test_what_is_forgotten_is_asked_anew_also_when_the_change_is_committed(
    questions: list[str], django_capture_on_commit_callbacks: object
) -> None:
    @ttl_cache
    def count() -> int:
        questions.append("again")
        return len(questions)

    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():  # type: ignore[operator]
        count.invalidate()
        assert count() == 1  # another thread reads what is not changed yet
    assert count() == 2
