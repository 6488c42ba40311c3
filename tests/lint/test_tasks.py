"""Tasks are queued by name where their module imports the service that queues them: each name is that of a task."""

import re
from collections.abc import Iterator

import pytest
from celery import current_app

from config.celery import app
from tests.house import sources

NAME = re.compile(r'"((?:accounts|billing|chat|endpoints)\.tasks\.\w+)"')
OF_ACCOUNTS = re.compile(r'\bmails\.queue\(\s*"(\w+)"')


def named() -> Iterator[str]:
    for path in sources():
        text = path.read_text()
        yield from NAME.findall(text)
        yield from (f"accounts.tasks.{name}" for name in OF_ACCOUNTS.findall(text))


@pytest.fixture(scope="module")
def known() -> set[str]:
    app.loader.import_default_modules()
    return set(current_app.tasks)


@pytest.mark.parametrize("name", sorted(set(named())))
def test_there_is_a_task_of_this_name(name: str, known: set[str]) -> None:
    assert name in known
