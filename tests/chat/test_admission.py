"""How many messages may be sent, and how many replies written at once; models a role may not use."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from accounts.models import Role, User
from accounts.services import roles
from billing.models import Hold
from chat.models import Run
from chat.services.refusal import TurnRefused
from chat.services.turns import turns
from tests.conversations import began

pytestmark = pytest.mark.usefixtures("somewhere")


def test_one_reply_too_many_is_refused_and_leaves_nothing(owner: User, settings: Any) -> None:
    settings.CONCURRENT_MESSAGE_MAX = 2
    began(owner)
    second = began(owner)
    with pytest.raises(TurnRefused) as refused:
        began(owner)
    assert (refused.value.status, refused.value.code, refused.value.details["limit"]) == (429, "concurrent", 2)
    assert Run.objects.count() == 2
    turns.stop(user=owner, run_id=second.run.id)
    began(owner)
    with pytest.raises(TurnRefused):
        turns.regenerate(user=owner, message_id=second.reply.id)


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_as_many_start_as_may(owner: User, settings: Any) -> None:
    settings.CONCURRENT_MESSAGE_MAX = 3

    def attempt(_: int) -> bool:
        try:
            began(owner)
        except TurnRefused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(16))) == 3


def test_a_person_who_sends_too_often_hears_when_to_go_on(owner: User, stranger: User, settings: Any) -> None:
    settings.MESSAGE_USER_MAX = 2
    began(owner)
    began(owner)
    with pytest.raises(TurnRefused) as refused:
        began(owner)
    assert refused.value.status == 429
    assert refused.value.details == {"max": 2, "limiter": "user", "windowInMinutes": 1}
    began(stranger)


def test_a_model_of_another_role_is_refused(owner: User) -> None:
    """On the server, whatever the page shows."""
    roles.update(actor=None, role=Role.objects.get(name="USER"), model_access={"small": {"enabled": True}})
    with pytest.raises(TurnRefused) as refused:
        began(owner)
    assert (refused.value.status, refused.value.code) == (400, "illegal_model_request")
    began(owner, model="small")
    assert not Run.objects.filter(message__model="tiny").exists()


def test_a_run_is_charged_at_the_coefficient_it_began_with(owner: User, make_user: Callable[..., User]) -> None:
    roles.update(
        actor=None, role=Role.objects.get(name="USER"), model_access={"tiny": {"enabled": True, "coefficient": 1.8}}
    )
    started = began(owner)
    [hold] = Hold.objects.filter(id=started.run.hold_id or "")
    assert float(hold.coefficient) == 1.8
