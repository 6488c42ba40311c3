"""Reserving credit for a reply before it starts, and the messages when credit is short."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import User
from billing.services import holds
from billing.services.account_statement import why_refused
from billing.services.budgets import explain
from chat.models import Run
from chat.services.refusal import TurnRefused
from chat.services.turns.admission import TooManyAtOnce, too_many_at_once
from core.sql_pipeline import Statement
from endpoints.catalog.facts import vocabulary_of
from endpoints.catalog.prices import UnknownPrice, reserve_for
from endpoints.providers.base import Endpoint
from endpoints.services.tokens import estimate_message


@dataclass(frozen=True, slots=True)
class Need:
    """A reply of this model to `text`. The generator extends the hold by the rest of the prompt."""

    user: User
    endpoint: Endpoint
    model: str
    text: str

    def pay(self, run: Run, write: Callable[[list[Statement]], None]) -> None:
        """Let `write` store the run, with the statements that place its hold. Raises `TurnRefused`.

        Where the credit is used up, a refill that is due comes first; then a smaller slice of the reply is held.
        """
        try:
            try:
                return holds.with_refill(self.user.id, lambda: write(self._hold(run, holds.REPLY_SLICE)))
            except (holds.NoCredit, holds.OverBudget) as refused:
                self._pay_less(run, write, refused)
        except TooManyAtOnce:
            raise too_many_at_once(self.user) from None
        except holds.OverBudget as over:
            raise TurnRefused(explain(over.budget_id), status=over.status, code=over.code) from None
        except holds.NoCredit as short:
            raise self._no_credit(short) from None

    def _pay_less(self, run: Run, write: Callable[[list[Statement]], None], refused: Exception) -> None:
        """Raises `refused` where not even the smallest slice can be had."""
        for tokens in holds.SLICES[1:]:
            try:
                return write(self._hold(run, tokens))
            except (holds.NoCredit, holds.OverBudget):
                continue
        raise refused

    def _hold(self, run: Run, reply_tokens: int) -> list[Statement]:
        assert run.hold_id is not None  # noqa: S101 (every caller has just made one)
        return holds.place_statements(hold_id=run.hold_id, reserve=self._reserve(reply_tokens))

    def _reserve(self, reply_tokens: int) -> holds.Reserve:
        try:
            return reserve_for(
                self.user,
                self.endpoint,
                self.model,
                prompt_tokens=self._prompt_tokens(),
                reply_tokens=reply_tokens,
            )
        except UnknownPrice as unknown:
            message = _(
                "“%(model)s” has no price yet, so it can't be used while balances are on. "
                "Choose another model or ask an administrator to set one."
            )
            raise TurnRefused(message % {"model": self.model}, status=unknown.status, code=unknown.code) from None

    def _prompt_tokens(self) -> int:
        return estimate_message(self.text, vocabulary_of(self.model))

    def _no_credit(self, short: holds.NoCredit) -> TurnRefused:
        details = {
            "balance": holds.available(user_id=self.user.id),
            "tokenCost": self._reserve(holds.SLICES[-1]).credits,
            "promptTokens": self._prompt_tokens(),
        }
        message = why_refused(self.user, short.needed)
        return TurnRefused(message, status=short.status, code=short.code, details=details)
