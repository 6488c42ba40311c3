"""Invitations, for administrators."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.panel import Panel, actor_of
from accounts.models import Invitation, User
from accounts.services import audit, invitations, mails


class InviteForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Invitation
        fields = ("email", "role")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "email" in self.fields:
            self.fields["email"].help_text = (
                gettext("We'll email the invitation to this address.")
                if mails.is_configured()
                else gettext("No mail server is set up, so you'll get a link to send to this person yourself.")
            )

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        if User.objects.filter(email=email).exists():
            raise ValidationError(gettext("An account with this email address already exists."))
        return email


@admin.register(Invitation)
class InvitationAdmin(Panel):
    """The link goes by mail and is shown to nobody. Only without a mail server is it shown, once, to be passed on."""

    form = InviteForm
    list_display = ("email", "role", "invited_by", "created_at", "expires_at", "accepted_at")
    list_filter = ("role",)
    list_select_related = ("role", "invited_by")
    search_fields = ("email",)
    ordering = ("-created_at",)
    actions = ("show_links",)
    empty_words = _("No invitations yet. Invite someone to create an account, even while sign-up is closed.")
    _made: ClassVar[str] = "_invitation_made"  # where a request carries what it made

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return bool(request.user.is_staff)

    def save_model(
        self, request: HttpRequest, obj: Invitation, form: "forms.ModelForm[Invitation]", change: bool
    ) -> None:
        actor = actor_of(request)
        made = invitations.invite(by=actor, email=obj.email, role=obj.role)
        obj.pk = made.pk
        obj._state.adding = False
        setattr(request, self._made, made)
        target = audit.AuditTarget("invitation", str(made.pk), made.email)
        audit.record(actor=actor, action="invitation.sent", target=target, after={"role": made.role_id})

    def response_add(self, request: HttpRequest, obj: Invitation, post_url_continue: str | None = None) -> HttpResponse:
        if mails.is_configured():
            return super().response_add(request, obj, post_url_continue)
        return self._links(request, [getattr(request, self._made)])

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        if mails.is_configured():
            actions.pop("show_links", None)
        return actions

    @admin.action(description=_("Get new links"), permissions=["add"])
    def show_links(self, request: HttpRequest, chosen: QuerySet[Invitation]) -> HttpResponse | None:
        """Give the open ones among them new links; the earlier links stop working."""
        open_invitations = list(chosen.filter(accepted_at=None, expires_at__gt=timezone.now()).order_by("email"))
        if not open_invitations:
            self.message_user(request, gettext("These invitations were accepted or have expired. Send new ones."))
            return None
        for invitation in open_invitations:
            target = audit.AuditTarget("invitation", str(invitation.pk), invitation.email)
            audit.record(actor=actor_of(request), action="invitation.link", target=target, after={"link": "new"})
        return self._links(request, open_invitations)

    def _links(self, request: HttpRequest, open_invitations: list[Invitation]) -> HttpResponse:
        rows = [(invitation.email, invitations.link_of(invitation)) for invitation in open_invitations]
        context = {**self.admin_site.each_context(request), "title": gettext("Invitation link"), "rows": rows}
        return TemplateResponse(request, "admin/accounts/invitation_links.html", context)
