"""Pages of a person's balance and usage, and of the cost of a conversation."""

from typing import Final
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from billing.services import account_statement, budgets, usage
from billing.services.labels import in_words
from billing.services.usage import Used
from chat import access
from chat.services import costs
from web.plot import PlotDay, plot_of
from web.shell import SignedInRequest, show_dialog, show_page, signed_in

REASONS: Final = ("message", "tool", "title", "test", "start", "refill", "adjustment")
SPANS: Final = (7, 30, 90)


@require_GET
@signed_in
def balance(request: SignedInRequest) -> HttpResponse:
    """What there is, how far the budgets are used, and every entry of the ledger."""
    reason = _reason(request)
    spent = account_statement.spent_since([request.user.id], account_statement.month_start())
    context = {
        "tab": "balance",
        "account": account_statement.account_of(request.user),
        "spent": spent.get(request.user.id, (0, 0)),
        "meters": budgets.meters_of(request.user),
        "page_of": account_statement.page_of(request.user, reason=reason, cursor=request.GET.get("cursor", "")[:100]),
        "reason": reason,
        "reasons": REASONS,
        "is_later": "cursor" in request.GET,
    }
    return show_page(request, "chat/balance.html", context)


@require_GET
@signed_in
def ledger(request: SignedInRequest) -> HttpResponse:
    """The ledger as a CSV file."""
    rows = account_statement.entries_of(request.user, reason=_reason(request))
    response = StreamingHttpResponse(account_statement.csv_lines(rows), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="ledger.csv"'
    return response  # type: ignore[return-value]  # a streamed response is one, too


@require_GET
@signed_in
def usage_page(request: SignedInRequest) -> HttpResponse:
    """What was used, by day, model and endpoint."""
    wanted = request.GET.get("days", "30")
    days = int(wanted) if wanted in {str(span) for span in SPANS} else 30
    report = usage.usage_of(request.user, days=days)
    context = {"tab": "usage", "usage": report, "plot": plot_of(_by_day(report)), "days": days, "spans": SPANS}
    return show_page(request, "chat/usage.html", context)


def _by_day(report: usage.UsageReport) -> list[PlotDay]:
    """Return what the plot shows: what was read, and what was written on top."""
    return [
        PlotDay(
            day,
            {"read": used.quantities.prompt, "written": used.quantities.output},
            f"{number_format(used.tokens, force_grouping=True)} · {in_words(used.credits)}",
        )
        for day, used in report.days
    ]


@require_GET
@signed_in
def conversation_cost(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    """What a conversation has cost, in the dialog."""
    conversation = access.conversation_for(request.user, conversation_id)
    parts = costs.parts_of(conversation)
    total = sum((part.used for part in parts), Used())
    kinds = [
        (_("Input"), total.quantities.input),
        (_("Read from the cache"), total.quantities.cache_read),
        (_("Written to the cache"), total.quantities.cache_write),
        (_("including for an hour"), total.quantities.cache_write_1h),
        (_("Output"), total.quantities.output),
        (_("including reasoning"), total.quantities.reasoning),
    ]
    return show_dialog(request, "chat/cost.html", conversation, parts=parts, total=total, kinds=kinds)


def _reason(request: SignedInRequest) -> str:
    reason = request.GET.get("reason", "")
    return reason if reason in REASONS else ""
