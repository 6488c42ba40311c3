"""The page of what is left: figures, budgets, the ledger and its file."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from billing.models import Balance, Budget, LedgerEntry
from billing.services import account_statement, policy
from chat.models import Conversation
from chat.services.refusal import TurnRefused
from chat.services.turns import turns
from tests.cast import signed_in
from tests.pages.conftest import make_run

pytestmark = pytest.mark.django_db

Spend = Callable[..., LedgerEntry]
Chats = Callable[..., Conversation]


def balance_page(client: Client, query: str = "") -> str:
    return client.get(f"/settings/balance{query}").content.decode()


def test_what_there_is_stands_there_in_dollars(owner: User, stranger: User, spend: Spend, five_dollars: None) -> None:
    Balance.objects.create(user=owner, credits=12_345_600, held=2_000_000)
    spend(owner, 1_500_000)
    spend(stranger, 7_770_000)
    spend(owner, 900_000, created_at=account_statement.month_start() - timedelta(seconds=1))
    page = balance_page(signed_in(owner))
    assert "$10.35" in page
    assert "$2.00 reserved" in page
    assert "$1.50" in page
    assert "$7.77" not in page
    assert "administrator" in page


def test_a_refill_says_when_and_how_much(owner: User, five_dollars: None, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = policy.Policy(enforced=True, start_credits=0, refill=policy.Refill(3_000_000, 1, "months"))
    monkeypatch.setattr(policy, "current", lambda: rules)
    at = timezone.now().replace(year=2026, month=1, day=31)
    Balance.objects.create(user=owner, credits=1, last_refill_at=at)
    account = account_statement.account_of(owner)
    assert account is not None
    assert account.next_refill == at.replace(month=2, day=28)
    page = balance_page(signed_in(owner))
    assert "$3.00, when" in page
    assert "when you need it" in page, "and no date that is past"


def test_credits_are_tokens_where_a_token_costs_one(
    owner: User, five_dollars: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = policy.Policy(enforced=True, start_credits=20_000, pricing="tokens")
    monkeypatch.setattr(policy, "current", lambda: rules)
    page = balance_page(signed_in(owner))
    assert "20,000 tokens" in page
    assert "$" not in page[page.index("figures") : page.index("ledger-heading")]


def test_without_balances_what_was_spent_is_shown_and_no_credit(owner: User, spend: Spend) -> None:
    spend(owner, 250_000)
    page = balance_page(signed_in(owner))
    assert "Available" not in page
    assert "$0.2500" in page
    assert "Usage" in page


def test_a_budget_says_how_far_it_is_used_and_warns_near_its_end(
    owner: User, make_budget: Callable[..., Budget], use_up: Callable[..., None]
) -> None:
    use_up(make_budget(name="Calm", amount=2_000_000), owner.id, 500_000)
    use_up(make_budget(name="Nearly done", unit="tokens", amount=1_000, is_hard=False), owner.id, 850)
    page = balance_page(signed_in(owner))
    budgets_part = page[page.index('id="budgets-heading"') :]
    calm, close = budgets_part.split("Nearly done")[:2]
    assert "25 %" in calm
    assert "$0.5000 of $2.00 this month" in calm
    assert "stops when used up" in calm
    assert "850 tokens of 1,000 tokens this month" in close
    assert "warns when used up" in close
    assert page.count('class="budget is-close"') == 1


def test_the_ledger_is_paged_and_every_entry_stands_once(owner: User, spend: Spend) -> None:
    now = timezone.now()
    for number in range(60):  # ten at a time have the same moment
        spend(owner, note=f"entry-{number:02}", created_at=now - timedelta(seconds=number // 10))
    client, address, seen = signed_in(owner), "/settings/balance", []
    for _page in range(3):
        page = client.get(address).content.decode()
        seen += [word[:8] for word in page.split('<small dir="auto">')[1:]]
        if 'rel="next"' not in page:
            break
        address = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert len(seen) == 60
    assert len(set(seen)) == 60


def test_an_entry_has_its_tokens_and_its_sign_and_can_be_filtered(owner: User, spend: Spend) -> None:
    spend(owner, 1_234_567, cache_read_tokens=4_321, coefficient="1.5000", estimated=True)
    spend(owner, -9_000_000, reason="adjustment", model="", endpoint="", note="<b>A gift</b>")
    client = signed_in(owner)
    page = balance_page(client)
    for text in ("\N{MINUS SIGN}$1.23", "+$9.00", "700 in", "300 out", "50 reasoning", "4,321 cache read", "×1.5",
                  "estimated", "&lt;b&gt;A gift"):  # fmt: skip
        assert text in page
    assert "+$9.00" not in balance_page(client, "?reason=message")
    assert "\N{MINUS SIGN}$1.23" not in balance_page(client, "?reason=adjustment")
    assert client.get("/settings/balance?reason=%01&cursor=nonsense_x").status_code == 200


def test_case_34_the_file_has_every_entry_and_no_formula(owner: User, stranger: User, spend: Spend) -> None:
    spend(owner, 5, note="=HYPERLINK(1)", model="-x")
    spend(owner, -7, reason="adjustment")
    spend(stranger, 8, note="not yours")
    answer = signed_in(owner).get("/settings/balance/ledger.csv")
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert answer.headers["Content-Disposition"] == 'attachment; filename="ledger.csv"'
    assert len(lines) == 3
    assert "'=HYPERLINK(1)" in lines[2]
    assert ",'-x," in lines[2]
    assert ",-5," in lines[2]
    filtered = signed_in(owner).get("/settings/balance/ledger.csv?reason=adjustment")
    assert len(b"".join(filtered.streaming_content).splitlines()) == 2  # type: ignore[attr-defined]


def test_what_a_cache_keeps_for_an_hour_is_told(owner: User, make_chat: Chats, spend: Spend) -> None:
    run = make_run(make_chat(owner).messages.get(author="assistant"), "complete")
    run.hold_id = run.id
    run.save()
    client = signed_in(owner)
    spend(owner, 5, cache_write_tokens=900, hold_id=run.id)
    assert "for an hour" not in client.get("/settings/balance").content.decode()
    assert "for an hour" not in client.get(f"/c/{run.conversation_id}/cost").content.decode()
    spend(owner, 5, cache_write_tokens=900, cache_write_1h_tokens=800, hold_id=run.id)
    page = client.get("/settings/balance").content.decode()
    assert "900 cache written (800 for an hour)" in " ".join(page.split())
    dialog = client.get(f"/c/{run.conversation_id}/cost").content.decode()
    assert 'including for an hour</th><td class="is-number">800<' in dialog
    answer = client.get("/settings/balance/ledger.csv")
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert lines[0].endswith(",cache write 1h tokens")
    assert [line.rpartition(",")[2] for line in lines[1:]] == ["800", "0"]


@pytest.mark.parametrize("path", ["balance", "usage", "balance/ledger.csv", "account", "security", "data"])
def test_anonymous_is_sent_to_the_login_page(client: Client, db: None, path: str) -> None:
    assert client.get(f"/settings/{path}").headers["Location"].startswith("/login?next=")


@pytest.mark.parametrize("rows", [1, 11])
def test_the_page_costs_the_same_whatever_it_shows(
    owner: User, spend: Spend, make_budget: Callable[..., Budget], rows: int, five_dollars: None,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    for number in range(rows):
        spend(owner)
        make_budget(name=f"Budget {number}", amount=1_000_000)
    client = signed_in(owner)
    client.get("/settings/balance")
    with django_assert_num_queries(9):
        client.get("/settings/balance")


def test_a_chat_says_what_it_cost_by_model(owner: User, stranger: User, make_chat: Chats, spend: Spend) -> None:
    chat, other = make_chat(owner), make_chat(owner)
    for conversation, model in ((chat, "tiny"), (other, "elsewhere")):
        run = make_run(conversation.messages.get(author="assistant"), "complete")
        run.hold_id = run.id
        run.save()
        spend(owner, 1_000_000, hold_id=run.id, model=model)
    spend(owner, 250_000, key=f"title:{chat.id}", reason="title", model="small")
    page = signed_in(owner).get(f"/c/{chat.id}/cost").content.decode()
    assert "$1.25" in page
    assert "small" in page
    assert "elsewhere" not in page
    assert signed_in(stranger).get(f"/c/{chat.id}/cost").status_code == 404
    menu = signed_in(owner).get(f"/c/{chat.id}").content.decode()
    assert f'href="/c/{chat.id}/cost"' in menu
    assert "Nothing has been charged" in signed_in(owner).get(f"/c/{make_chat(owner).id}/cost").content.decode()


def test_standing_shows_the_rest_in_the_menu_and_the_budget_that_is_close(
    owner: User, five_dollars: None, make_budget: Callable[..., Budget], use_up: Callable[..., None]
) -> None:
    client = signed_in(owner)
    page = client.get("/c/new").content.decode()
    assert "$5.00 left" in page
    assert "is-close" not in page
    budget = make_budget(name="Team", scope="user", user=owner, amount=1_000_000)
    use_up(budget, owner.id, 910_000)
    page = client.get("/c/new").content.decode()
    assert "Team: 91% used" in page


def test_nothing_stands_in_the_menu_where_nothing_limits(owner: User, settings: Settings) -> None:
    assert "/settings/balance" not in signed_in(owner).get("/c/new").content.decode()


@pytest.mark.parametrize("code", ["token_balance", "over_budget"])
def test_a_refusal_for_money_leads_to_the_balance(
    owner: User, make_chat: Chats, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    def refuse(**_: object) -> None:
        raise TurnRefused("No more.", status=402, code=code)

    chat = make_chat(owner)
    reply = chat.messages.get(author="assistant")
    monkeypatch.setattr(turns, "start_turn", refuse)
    monkeypatch.setattr(turns, "regenerate", refuse)
    for path in ("turns", f"messages/{reply.id}/regenerate"):
        for headers in ({"HX-Request": "true"}, {}):
            answer = signed_in(owner).post(f"/c/{chat.id}/{path}", {"text": "Hello"}, headers=headers)
            assert answer.status_code == 402
            assert "No more." in answer.content.decode()
            assert 'href="/settings/balance"' in answer.content.decode()
