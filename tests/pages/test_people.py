"""The page of who manages groups, and the budgets they set."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import AuditEntry, Group, Membership, User
from billing.models import Budget, LedgerEntry
from billing.services import budgets
from chat.models import Conversation
from tests.cast import signed_in

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
GOOD = {"name": "For March", "amount": "12.50", "unit": "credits", "period": "month", "is_hard": "on"}


@pytest.fixture
def ducks(make_user: Callable[..., User], owner: User) -> Group:
    """A group that Olivia manages, with Mia in it; Gus is in another group."""
    ducks, geese = Group.objects.create(name="Ducks"), Group.objects.create(name="Geese")
    Membership.objects.create(group=ducks, user=owner, is_manager=True)
    Membership.objects.create(group=ducks, user=make_user("Mia Member"))
    Membership.objects.create(group=geese, user=make_user("Gus Goose"))
    return ducks


@pytest.fixture
def mia(ducks: Group) -> User:
    return User.objects.get(name="Mia Member")


def addresses(user: User, group: Group, budget: Budget) -> list[str]:
    return [
        "/people", f"/people/{user.id}/budgets/new", f"/people/groups/{group.id}/budgets/new",
        f"/people/budgets/{budget.id}", f"/people/budgets/{budget.id}/off",
    ]  # fmt: skip


def test_a_manager_sees_their_people_and_what_they_spend_but_not_what_they_write(
    owner: User, mia: User, spend: Callable[..., LedgerEntry], make_chat: Callable[..., Conversation]
) -> None:
    spend(mia, 3_000_000)
    make_chat(mia, title="A secret title")
    page = signed_in(owner).get("/people").content.decode()
    for text in ("Ducks", "Mia Member", "$3.00", "1,000 tokens"):
        assert text in page
    for text in ("Gus Goose", "Geese", "secret", "Question 0"):
        assert text not in page


def test_a_budget_is_set_for_a_person_and_binds_them(owner: User, mia: User) -> None:
    answer = signed_in(owner).post(f"/people/{mia.id}/budgets/new", GOOD)
    assert answer.headers["Location"] == "/people"
    budget = Budget.objects.get()
    assert (budget.scope, budget.user, budget.amount, budget.unit, budget.period, budget.created_by) == (
        "user", mia, 12_500_000, "credits", "month", owner,
    )  # fmt: skip
    assert [meter.budget for meter in budgets.meters_of(mia)] == [budget]
    assert budgets.meters_of(owner) == []
    entry = AuditEntry.objects.get(action="budget.created")
    assert (entry.actor_id, entry.target_id, entry.after["amount"]) == (owner.id, str(budget.id), 12_500_000)
    page = signed_in(owner).get("/people").content.decode()
    assert "$0.00 of $12.50 this month" in page


@pytest.mark.parametrize("shared", [True, False])
def test_a_budget_is_set_for_the_group(owner: User, mia: User, ducks: Group, shared: bool) -> None:
    more = {"shared": "on"} if shared else {}
    signed_in(owner).post(f"/people/groups/{ducks.id}/budgets/new", GOOD | more)
    budget = Budget.objects.get()
    assert (budget.scope, budget.group, budget.per_person) == ("group", ducks, not shared)
    page = signed_in(owner).get("/people").content.decode()
    assert ("$12.50 per person per month" in page) != shared


def test_a_budget_is_changed_and_switched_off(owner: User, mia: User) -> None:
    client = signed_in(owner)
    client.post(f"/people/{mia.id}/budgets/new", GOOD)
    budget = Budget.objects.get()
    shown = client.get(f"/people/budgets/{budget.id}").content.decode()
    assert 'value="12.5"' in shown
    assert 'name="unit"' not in shown
    client.post(f"/people/budgets/{budget.id}", {"name": "April", "amount": "7", "unit": "tokens", "period": "day"})
    budget.refresh_from_db()
    assert (budget.name, budget.amount, budget.is_hard, budget.unit, budget.period) == (
        "April", 7_000_000, False, "credits", "month",
    )  # fmt: skip
    for _twice in range(2):
        client.post(f"/people/budgets/{budget.id}/off")
    budget.refresh_from_db()
    assert not budget.is_active
    assert budgets.meters_of(mia) == []
    assert "April" not in client.get("/people").content.decode()
    assert list(AuditEntry.objects.order_by("seq").values_list("action", flat=True)) == [
        "budget.created", "budget.updated", "budget.switched_off",
    ]  # fmt: skip


def test_a_shut_door_for_everybody_else(owner: User, mia: User, stranger: User, ducks: Group, admin_user: User) -> None:
    """Security case 17."""
    budget = Budget.objects.create(name="Kept", scope="user", user=mia, amount=5, created_by=owner)
    for person in (mia, stranger, admin_user):
        for address in addresses(mia, ducks, budget):
            assert signed_in(person).get(address).status_code == 404
            assert signed_in(person).post(address, GOOD).status_code in {404, 405}
    budget.refresh_from_db()
    assert (budget.amount, budget.is_active, Budget.objects.count()) == (5, True, 1)


def test_a_manager_s_doors_end_at_their_own_groups(owner: User, ducks: Group) -> None:
    """Security case 17."""
    client, gus, geese = signed_in(owner), User.objects.get(name="Gus Goose"), Group.objects.get(name="Geese")
    others = [
        Budget.objects.create(name="a", scope="user", user=gus, amount=5, created_by=owner),
        Budget.objects.create(name="b", scope="group", group=geese, amount=5, created_by=owner),
        Budget.objects.create(name="c", scope="everyone", amount=5, created_by=owner),
    ]
    for budget in others:
        for address in addresses(gus, geese, budget)[1:]:
            assert client.get(address).status_code == 404
            assert client.post(address, GOOD).status_code == 404
    for address in (f"/people/{uuid4()}/budgets/new", f"/people/budgets/{uuid4()}"):
        assert client.get(address).status_code == 404


def test_what_an_administrator_set_is_seen_and_not_changed(
    owner: User, mia: User, ducks: Group, admin_user: User
) -> None:
    above = [
        Budget.objects.create(name="Ceiling", scope="user", user=mia, amount=5, created_by=admin_user),
        Budget.objects.create(name="Roof", scope="group", group=ducks, amount=5, created_by=None),
    ]
    client = signed_in(owner)
    page = client.get("/people").content.decode()
    for budget in above:
        assert budget.name in page
        assert f"/people/budgets/{budget.id}" not in page
        assert client.post(f"/people/budgets/{budget.id}", GOOD).status_code == 404
        assert client.post(f"/people/budgets/{budget.id}/off").status_code == 404


def test_managers_share_their_work_but_lift_nothing_from_themselves(
    owner: User, mia: User, ducks: Group, stranger: User
) -> None:
    Membership.objects.create(group=ducks, user=stranger, is_manager=True)
    on_mia = Budget.objects.create(name="On Mia", scope="user", user=mia, amount=5, created_by=stranger)
    on_me = Budget.objects.create(name="On me", scope="user", user=owner, amount=5, created_by=stranger)
    client = signed_in(owner)
    assert client.get(f"/people/budgets/{on_mia.id}").status_code == 200
    assert client.get(f"/people/budgets/{on_me.id}").status_code == 404
    assert client.post(f"/people/budgets/{on_me.id}/off").status_code == 404


@pytest.mark.parametrize(
    "bad",
    [{"name": ""}, {"name": "x" * 121}, {"amount": "-1"}, {"amount": "lots"}, {"amount": "1e99"}, {"amount": "NaN"},
     {"unit": "gold"}, {"period": "century"}, {"name": "\u202e"}],
)  # fmt: skip
def test_bad_input_is_422_and_sets_nothing(owner: User, mia: User, bad: dict[str, Any]) -> None:
    for headers in (HTMX, {}):
        answer = signed_in(owner).post(f"/people/{mia.id}/budgets/new", GOOD | bad, headers=headers)
        assert answer.status_code == 422
    assert not Budget.objects.exists()


def test_anonymous_is_sent_to_the_login_page(client: Client, ducks: Group, mia: User) -> None:
    budget = Budget.objects.create(name="Kept", scope="user", user=mia, amount=5)
    for address in addresses(mia, ducks, budget):
        assert client.get(address).status_code == 302
        assert client.get(address).headers["Location"].startswith("/login?next=")


@pytest.mark.parametrize("rows", [1, 11])
def test_the_page_costs_the_same_whoever_is_there(
    owner: User, ducks: Group, make_user: Callable[..., User], rows: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    for number in range(rows):
        person = make_user(f"Person {number}")
        Membership.objects.create(group=ducks, user=person)
        Budget.objects.create(name=f"Budget {number}", scope="user", user=person, amount=5, created_by=owner)
    client = signed_in(owner)
    client.get("/people")
    with django_assert_num_queries(10):
        assert client.get("/people").content.decode().count("card person") == rows + 2
