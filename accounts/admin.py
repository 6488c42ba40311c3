"""People and roles, for administrators."""

from typing import Any, ClassVar

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Invitation, Role, User
from accounts.services import approval, invitations, mails, sessions, twofactor

# One way to sign in, with one set of limits.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
# Tables of libraries that this site does not use as they offer them.
admin.site.unregister([Group, EmailAddress, Authenticator, UserSession, SocialAccount, SocialApp, SocialToken])


class PersonCreationForm(AdminUserCreationForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("email", "name", "role")
        field_classes: ClassVar[dict[str, Any]] = {}

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        if User.objects.filter(email=email).exists():
            raise ValidationError(gettext("There is an account with this e-mail address."))
        return email


class PersonForm(UserChangeForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = "__all__"
        field_classes: ClassVar[dict[str, Any]] = {}

    def clean(self) -> dict[str, Any] | None:
        """Refuse to leave the site without an administrator."""
        data = super().clean() or {}
        stays = data.get("role") == self._administrator() and data.get("is_active")
        others = User.objects.filter(role=Role.ADMIN, is_active=True).exclude(pk=self.instance.pk)
        if not stays and not others.exists():
            raise ValidationError(gettext("This is the only administrator. Make somebody else one first."))
        return data

    def _administrator(self) -> Role | None:
        return Role.objects.filter(name=Role.ADMIN).first()


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]
    form = PersonForm
    add_form = PersonCreationForm
    list_display = ("email", "name", "role", "is_active", "waits_for_approval", "created_at")
    list_filter = ("role", "is_active", "waits_for_approval")
    actions = ("let_in", "remove_second_factor")
    list_select_related = ("role",)
    search_fields = ("email", "name")
    ordering = ("-created_at",)
    filter_horizontal = ()
    readonly_fields = ("provider", "last_login", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("email", "name", "username", "password")}),
        (_("What they may do"), {"fields": ("role", "is_active", "waits_for_approval")}),
        (_("History"), {"fields": ("provider", "email_verified", "last_login", "created_at", "updated_at")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "role", "usable_password", "password1", "password2")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """An address identifies its account: it is written once."""
        return (*self.readonly_fields, "email") if obj else tuple(self.readonly_fields)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """People are switched off, not deleted: their ledger stays."""
        return False

    @admin.action(description=_("Let in"))
    def let_in(self, request: HttpRequest, people: QuerySet[User]) -> None:
        for user in people.filter(waits_for_approval=True):
            approval.let_in(user=user)

    @admin.action(description=_("Turn two-factor authentication off"))
    def remove_second_factor(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """For people who lost their app and their codes. They are signed out, and told by mail."""
        for user in people:
            twofactor.reset(user=user)
            sessions.end_all(user=user)
            mails.queue("send_notice", str(user.pk), "twofactor")

    def save_model(self, request: HttpRequest, obj: User, form: "forms.ModelForm[User]", change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and {"role", "is_active"} & set(form.changed_data):
            sessions.end_all(user=obj)
        if change and "waits_for_approval" in form.changed_data:
            sessions.end_all(user=obj) if obj.waits_for_approval else approval.approved(user=obj)


@admin.register(Role)
class RoleAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "description", "created_at")
    search_fields = ("name", "description")

    def get_readonly_fields(self, request: HttpRequest, obj: Role | None = None) -> tuple[str, ...]:
        return ("name",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Role | None = None) -> bool:
        """The two roles that always exist cannot be deleted, nor any in a list that may hold them."""
        return obj is not None and obj.name not in {Role.USER, Role.ADMIN}


class InviteForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Invitation
        fields = ("email", "role")

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        if User.objects.filter(email=email).exists():
            raise ValidationError(gettext("There is an account with this e-mail address."))
        return email


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
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
        made = invitations.invite(by=User.objects.get(pk=str(request.user.pk)), email=obj.email, role=obj.role)
        obj.pk = made.pk
        obj._state.adding = False
