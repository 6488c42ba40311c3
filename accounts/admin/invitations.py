"""Invitations, for administrators."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext

from accounts import audit
from accounts.admin.panel import Panel, actor_of
from accounts.models import Invitation, User
from accounts.services import invitations, mails


class InviteForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Invitation
        fields = ("email", "role")

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        if User.objects.filter(email=email).exists():
            raise ValidationError(gettext("There is an account with this email address."))
        return email


@admin.register(Invitation)
class InvitationAdmin(Panel):
    """The link goes by mail and is shown to nobody; without a mail server, `manage.py invite-user` prints it."""

    form = InviteForm
    list_display = ("email", "role", "invited_by", "created_at", "expires_at", "accepted_at")
    list_filter = ("role",)
    list_select_related = ("role", "invited_by")
    search_fields = ("email",)
    ordering = ("-created_at",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and mails.is_configured()

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
        target = audit.Target("invitation", str(made.pk), made.email)
        audit.record(actor=actor, action="invitation.sent", target=target, after={"role": made.role_id})
