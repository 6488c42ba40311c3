"""Read-only admin pages of balances and ledger: every change goes through a service."""

from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from accounts.admin import stepup
from accounts.admin.panel import ReadOnly, actor_of
from accounts.models import User
from billing.models import Balance, Hold, LedgerEntry, Reconciliation
from billing.services import adjust
from billing.services.labels import in_words
from core.ids import uuid7
from core.refusal import AsFormError


class AdjustForm(forms.Form):
    credits = forms.IntegerField(
        label=_("Credits"),
        help_text=_("1,000,000 credits are 1 US dollar. Enter a negative number to deduct credits."),
        min_value=-adjust.MAX_CREDITS,
        max_value=adjust.MAX_CREDITS,
        widget=UnfoldAdminIntegerFieldWidget(),
    )
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=UnfoldAdminTextInputWidget())
    key = forms.CharField(max_length=64, widget=forms.HiddenInput())  # sent twice, it counts once


@admin.register(Balance)
class BalanceAdmin(ReadOnly):
    list_display = ("user", "balance_words", "held_words", "updated_at", "adjusting")
    readonly_fields = ("adjusting",)
    list_select_related = ("user",)
    search_fields = ("user__email", "user__name")
    ordering = ("user_id",)

    @admin.display(description=_("Balance"), ordering="credits")
    def balance_words(self, balance: Balance) -> str:
        return in_words(balance.credits)

    @admin.display(description=_("Reserved"), ordering="held")
    def held_words(self, balance: Balance) -> str:
        return in_words(balance.held)

    @admin.display(description=_("Adjust"))
    def adjusting(self, balance: Balance) -> str:
        address = reverse("admin:billing_balance_adjust", args=[balance.pk])
        return format_html('<a class="underline" href="{}">{}</a>', address, gettext("Adjust balance"))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.adjust)
        return [path("<uuid:user_id>/adjust/", view, name="billing_balance_adjust"), *super().get_urls()]

    def adjust(self, request: HttpRequest, user_id: UUID) -> HttpResponse:
        """Ask for an amount and a reason; write them into the ledger."""
        user = User.objects.filter(pk=user_id).first()
        if user is None:
            raise Http404
        if again := stepup.refusal(request):
            return again
        form = AdjustForm(request.POST if request.method == "POST" else None, initial={"key": str(uuid7())})
        if form.is_valid():
            with AsFormError(form, adjust.AdjustmentRefused):
                entry = adjust.add_credits(actor=actor_of(request), user=user, **form.cleaned_data)
                message = gettext("The balance is now %(balance)s.") % {"balance": in_words(entry.balance_after)}
                messages.success(request, message)
                return HttpResponseRedirect(reverse("admin:billing_balance_changelist"))
        context = {**self.admin_site.each_context(request), "title": gettext("Adjust balance"), "form": form}
        context |= {"person": user, "balance": Balance.objects.filter(user=user).first()}
        return TemplateResponse(request, "admin/billing/adjust.html", context)


@admin.register(Hold)
class HoldAdmin(ReadOnly):
    list_display = ("created_at", "user", "state", "amount_words", "limited", "closed_at")
    list_filter = ("state", "limited")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    ordering = ("-id",)

    @admin.display(description=_("Amount"), ordering="amount")
    def amount_words(self, hold: Hold) -> str:
        return in_words(hold.amount)


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnly):
    list_display = (
        "created_at",
        "user",
        "reason",
        "amount",
        "balance",
        "endpoint",
        "model",
        "input_count",
        "output_count",
        "estimated",
    )
    list_filter = ("reason", "estimated", "endpoint")
    list_select_related = ("user",)
    search_fields = ("user__email", "model", "key")
    date_hierarchy = "created_at"
    ordering = ("-id",)

    @admin.display(description=_("Amount"), ordering="credits")
    def amount(self, entry: LedgerEntry) -> str:
        return in_words(entry.credits, signed=True)

    @admin.display(description=_("Balance after"), ordering="balance_after")
    def balance(self, entry: LedgerEntry) -> str:
        return in_words(entry.balance_after)

    @admin.display(description=_("Input tokens"), ordering="input_tokens")
    def input_count(self, entry: LedgerEntry) -> str:
        return number_format(entry.input_tokens, force_grouping=True)

    @admin.display(description=_("Output tokens"), ordering="output_tokens")
    def output_count(self, entry: LedgerEntry) -> str:
        return number_format(entry.output_tokens, force_grouping=True)


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnly):
    list_display = ("started_at", "finished_at", "people", "entries", "wrong")
    ordering = ("-id",)

    @admin.display(description=_("Differences"))
    def wrong(self, report: Reconciliation) -> int:
        return len(report.drift)
