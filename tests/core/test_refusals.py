"""What a person is told no by: one base for all, and how each edge says it."""

import ast
from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.core.management.base import CommandError
from django.test import RequestFactory
from django.utils.html import escape

from accounts.management.admin_command import AdminCommand
from accounts.models import User
from accounts.services import (
    domains,
    erasure,
    invitations,
    passkeys,
    recovery,
    roles,
    signin,
    signup,
    tokens,
    twofactor,
)
from agents.tools.arguments import BadArguments
from api.base.errors import ApiError, exception_handler
from billing.services import budgets, holds
from chat.services import feedback, quotes
from chat.services.organise import bookmarks, bulk, favourites, projects
from chat.services.refusal import TurnRefused
from chat.services.turns import waiting
from core.quotas import QuotaReached
from core.rate_limits import NotCounted, TooOften
from core.refusal import AsFormError, Refusal
from endpoints.catalog.model_lists import NotThereYet
from endpoints.catalog.prices import UnknownPrice
from endpoints.services.connection_test import ConnectionTestRefused
from tests.house import sources, tree_of
from web.refusals import Refusals

# Technical: nobody is told no in their words. What a library or a worker did wrong, and what stops a process.
TECHNICAL = {
    "AnswerTooLarge", "BadIdToken", "BadResponse", "BrokenAnswer", "CannotBundle", "CannotStart", "ConfigFaults",
    "Ended", "InUse", "NoModel", "NoPostgres", "NoValkey", "NotPrepared", "OutboundError", "RefusedAddress", "RunLost",
    "StartOver", "TooLarge",
    "Undecipherable", "Untouched", "_Enough", "_Unreadable", "Refusal",
}  # fmt: skip
PLAIN = {"Exception", "ValueError", "RuntimeError", "LookupError", "KeyError", "TypeError"}
SAID = [
    # refusal, code, status, message
    (waiting.AnsweredAlready(), "answered", 409, "This has already been answered, or the reply has ended."),
    (BadArguments(), "bad_arguments", 422, "These arguments don't fit the tool."),
    (waiting.NotSteerable("Too late", code="over"), "over", 409, "Too late"),
    (recovery.BadLink(), "refused", 400, "This link no longer works. Ask for a new one."),
    (recovery.ResetOff(), "refused", 403, "Passwords can't be reset by email here."),
    (invitations.BadInvitation(), "refused", 400, "This invitation is not valid or is for another address."),
    (signup.RegistrationClosed(), "refused", 403, "Sign-up is closed. Ask your administrator for an account."),
    (signup.EmailTaken(), "refused", 409, "An account with this email address already exists. Sign in instead."),
    (domains.DomainRefused(), "refused", 403, "Addresses from this domain can't sign up here."),
    (signin.WrongCredentials("No."), "refused", 404, "No."),
    (signin.SwitchedOff(), "refused", 403, "This account is disabled."),
    (signin.PasswordsOff(), "refused", 403, "Password sign-in is turned off here."),
    (passkeys.NotBelieved(), "refused", 400, "This passkey isn't registered here."),
    (twofactor.NotSetUp(), "refused", 400, "Two-factor authentication is not set up."),
    (twofactor.AddressNotVerified(), "refused", 400, "Verify your email address first."),
    (twofactor.WrongCode(), "refused", 400, "This code is wrong or was already used."),
    (twofactor.TooManyCodes(3), "too_often", 429, "Too many failed attempts. Try again in 3 seconds."),
    (tokens.StepTooOld(), "refused", 401, "The first step has expired. Sign in again."),
    (
        erasure.LastAdministrator(),
        "refused",
        403,
        "This is the only administrator. Make someone else an administrator first.",
    ),
    (roles.RoleRefused("No.", status=409), "refused", 409, "No."),
    (bulk.TooLate(), "refused", 410, "This can no longer be undone."),
    (favourites.TooManyFavourites("No."), "refused", 409, "No."),
    (feedback.NotAReply(), "refused", 422, "Only a reply can be rated."),
    (holds.NoCredit(3), "token_balance", 402, "You don't have enough credit for this."),
    (budgets.OverBudget(budgets.NOBODY), "over_budget", 402, ""),
    (UnknownPrice(), "unpriced", 402, ""),
    (ConnectionTestRefused(), "refused", 402, ""),
    (NotThereYet(), "models_not_loaded", 503, ""),
    (QuotaReached("Full."), "quota", 409, "Full."),
    (TooOften(61), "too_often", 429, "Too many requests. Try again in 61 seconds."),
    (NotCounted(), "not_counted", 503, "This can't be done right now. Try again in 5 seconds."),
]


def _classes() -> Iterator[tuple[str, str]]:
    """Every class of the house with each of its bases."""
    for path in sources():
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ClassDef):
                for base in node.bases:
                    yield node.name, ast.unparse(base).rpartition(".")[2]


def test_only_technical_faults_have_another_base() -> None:
    assert {name for name, base in _classes() if base in PLAIN} - TECHNICAL == set()


@pytest.mark.parametrize(("refusal", "code", "status", "message"), SAID)
def test_a_refusal_says_by_itself_what_it_is(refusal: Refusal, code: str, status: int, message: str) -> None:
    assert (refusal.code, refusal.status, refusal.message, str(refusal)) == (code, status, message, message)


class Plain:
    error_key = "error"


class Unlike:
    """A view whose answers the wire format wants otherwise."""

    error_key = "error"
    limit_key = "message"
    field_names = {"name": "tag"}
    invalid_status = 400


class Own:
    def refusal_body(self, refusal: Refusal) -> dict[str, str]:
        return {"error": "Forbidden", "message": refusal.message}


@pytest.mark.parametrize(
    ("view", "refusal", "status", "body", "wait"),
    [
        (None, TurnRefused("No.", status=409), 409, {"message": "No."}, None),
        (Plain, TurnRefused("No.", status=422, code="empty", details={"a": 1}), 422, {"error": "No."}, None),
        (Plain, TooOften(7), 429, {"error": "Too many requests. Try again in 7 seconds."}, "7"),
        (Plain, NotCounted(), 503, {"error": "This can't be done right now. Try again in 5 seconds."}, "5"),
        (Plain, bookmarks.BadBookmark("No."), 400, {"error": "name: No."}, None),
        (Plain, projects.BadProject("No.", "instructions"), 400, {"error": "instructions: No."}, None),
        (Plain, quotes.BadQuote("No."), 400, {"error": "quotes: No."}, None),
        (Plain, feedback.NotAReply(), 422, {"error": "Only a reply can be rated."}, None),
        (Unlike, feedback.NotAReply(), 400, {"error": "Only a reply can be rated."}, None),
        (Unlike, bookmarks.BadBookmark("No."), 400, {"error": "tag: No."}, None),
        (Unlike, TooOften(7), 429, {"message": "Too many requests. Try again in 7 seconds."}, "7"),
        (Unlike, QuotaReached("Full."), 409, {"error": "Full."}, None),
        (Own, roles.RoleRefused("No.", status=403), 403, {"error": "Forbidden", "message": "No."}, None),
        (Own, ApiError(418, "No."), 418, {"message": "No."}, None),
        (Own, ApiError(418, {"a": 1}, headers={"Retry-After": "9"}), 418, {"a": 1}, "9"),
    ],
)
def test_the_api_says_it_in_the_words_of_the_wire_format(
    view: type | None, refusal: Refusal, status: int, body: dict[str, Any], wait: str | None
) -> None:
    answer = exception_handler(refusal, {"view": view() if view else None})
    assert (answer.status_code, answer.data, answer.headers.get("Retry-After")) == (status, body, wait)


@pytest.mark.django_db
@pytest.mark.parametrize(("refusal", "code", "status", "message"), [row for row in SAID if row[3]])
@pytest.mark.parametrize("is_signed_in", [True, False])
def test_a_page_says_it_where_no_view_does(
    owner: User, refusal: Refusal, code: str, status: int, message: str, is_signed_in: bool
) -> None:
    request = RequestFactory().post("/anywhere", headers={"HX-Request": "true"})
    request.user = owner if is_signed_in else AnonymousUser()
    answer = Refusals(lambda _: None).process_exception(request, refusal)  # type: ignore[arg-type, return-value]
    assert answer is not None
    assert (answer.status_code, answer["HX-Retarget"], answer["HX-Reswap"]) == (status, "#toasts", "beforeend")
    assert answer.headers.get("Retry-After") == refusal.headers.get("Retry-After")
    assert escape(message).encode() in answer.content


def test_what_is_no_refusal_is_left_to_others() -> None:
    request = RequestFactory().get("/anywhere")
    assert Refusals(lambda _: None).process_exception(request, ValueError()) is None  # type: ignore[arg-type, return-value]


class NameForm(forms.Form):
    name = forms.CharField()


@pytest.mark.parametrize(
    ("refusal", "field", "at"),
    [
        (bookmarks.BadBookmark("No."), "", "name"),
        (bookmarks.BadBookmark("No.", "description"), "", "__all__"),
        (bookmarks.BadBookmark("No.", "description"), "name", "name"),
    ],
)
def test_a_form_says_it_at_the_field(refusal: Refusal, field: str, at: str) -> None:
    form = NameForm({"name": "x"})
    assert form.is_valid()
    with AsFormError(form, bookmarks.BadBookmark, field=field):
        raise refusal
    assert form.errors == {at: ["No."]}


def test_a_form_says_nothing_else() -> None:
    with pytest.raises(QuotaReached), AsFormError(NameForm({"name": "x"}), bookmarks.BadBookmark):
        raise QuotaReached("Full.")


def test_a_command_says_it_on_standard_error() -> None:
    class Refusing(AdminCommand):
        def run_with(self, **_: Any) -> tuple[Any, str]:
            raise roles.RoleRefused("Role not found.")

    with pytest.raises(CommandError, match=r"^Role not found\.$"):
        Refusing().handle(json=False)
