"""People, for administrators."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.admin import stepup
from accounts.admin.panel import Panel, actor_of
from accounts.models import Role, User
from accounts.services import administrators, audit, bans, people, roles, sessions

if TYPE_CHECKING:
    from django.contrib.auth.forms import AdminPasswordChangeForm, UserChangeForm
else:
    from unfold.forms import AdminPasswordChangeForm, UserChangeForm

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
            raise ValidationError(gettext("An account with this email address already exists."))
        return email


class PersonForm(UserChangeForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = "__all__"
        field_classes: ClassVar[dict[str, Any]] = {}

    def clean(self) -> dict[str, Any] | None:
        """Refuse to leave the site without an administrator."""
        data = super().clean() or {}
        role = data.get("role")
        stays = role is not None and role.name == Role.ADMIN and data.get("is_active")
        if not stays and administrators.is_last(self.instance):
            raise ValidationError(administrators.IS_LAST)
        return data


@admin.register(User)
class PersonAdmin(Panel, UserAdmin):  # type: ignore[type-arg]
    form = PersonForm
    add_form = PersonCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "name", "role", "is_active", "waits_for_approval", "seen_as", "created_at")
    list_filter = ("role", "is_active", "waits_for_approval", "provider")
    list_select_related = ("role",)
    search_fields = ("email", "name")
    ordering = ("-created_at",)
    filter_horizontal = ()
    readonly_fields = ("seen_as", "provider", "waits_for_approval", "last_login", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("email", "name", "username", "password", "seen_as")}),
        (_("What they can do"), {"fields": ("role", "is_active", "waits_for_approval")}),
        (_("History"), {"fields": ("provider", "email_verified", "last_login", "created_at", "updated_at")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "role", "usable_password", "password1", "password2")}),)
    audit_exclude = ("preferences", "updated_at", "sign_in_version", "last_login")
    actions = (
        "switch_on",
        "switch_off",
        "approve",
        "sign_out",
        "remove_second_factor",
        "ban_for_a_day",
        "ban_for_a_week",
        "lift_bans",
    )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """An address identifies its account: it is written once."""
        return (*self.readonly_fields, "email") if obj else tuple(self.readonly_fields)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """People are switched off, not deleted: their ledger stays."""
        return False

    @admin.display(description=_("What they see"))
    def seen_as(self, user: User) -> str:
        if user._state.adding:
            return "–"
        address = reverse("see_as", args=[user.pk])
        return format_html('<a class="underline" href="{}">{}</a>', address, gettext("See as this user"))

    def save_model(self, request: HttpRequest, obj: User, form: "forms.ModelForm[User]", change: bool) -> None:
        """Save the fields; a role is given, and an account switched on or off, by services that end the sessions."""
        wanted, is_active = obj.role_name, obj.is_active
        if change:
            obj.role_id, obj.is_active = form.initial["role"], form.initial["is_active"]
        super().save_model(request, obj, form, change)
        roles.give(actor=actor_of(request), user=obj, role=wanted)
        people.switch(actor=actor_of(request), user=obj, on=is_active)
        if change and "email_verified" in form.changed_data:
            sessions.end_all(user=obj)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        if again := stepup.refusal(request):
            return again
        with transaction.atomic():
            answer = super().user_change_password(request, id, form_url)
            user = User.objects.filter(pk=id).first() if answer.status_code == 302 else None
            if user == request.user:
                sessions.end_others(request=request, user=request.user, new_password=True)
            elif user is not None:
                sessions.end_all(user=user, new_password=True)
            if user is not None:
                target = audit.AuditTarget("user", str(user.id), user.email)
                audit.record(
                    actor=actor_of(request),
                    action="user.password",
                    target=target,
                    before={"password": True},
                    after={"password": True},
                )
        return answer

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Add one action for each role."""
        actions: dict[str, Any] = super().get_actions(request)
        for name in Role.objects.order_by("name").values_list("name", flat=True):
            act = partial(_give_role, name)
            actions[f"give:{name}"] = (act, f"give:{name}", gettext("Give the role %(role)s") % {"role": name})
        return actions

    @admin.action(description=_("Enable"))
    def switch_on(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        self.for_each(request, chosen, lambda user: people.switch(actor=actor_of(request), user=user, on=True))

    @admin.action(description=_("Disable"))
    def switch_off(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        self.for_each(request, chosen, lambda user: people.switch(actor=actor_of(request), user=user, on=False))

    @admin.action(description=_("Approve"))
    def approve(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        self.for_each(request, chosen, lambda user: people.approve(actor=actor_of(request), user=user))

    @admin.action(description=_("Sign out everywhere"))
    def sign_out(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        self.for_each(request, chosen, lambda user: people.sign_out(actor=actor_of(request), user=user))

    @admin.action(description=_("Ban for a day"))
    def ban_for_a_day(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        self._ban(request, chosen, 1)

    @admin.action(description=_("Ban for a week"))
    def ban_for_a_week(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        self._ban(request, chosen, 7)

    @admin.action(description=_("Lift all bans"))
    def lift_bans(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        self.for_each(request, chosen, lambda user: bans.lift(actor=actor_of(request), user=user))

    @admin.action(description=_("Turn two-factor authentication off"))
    def remove_second_factor(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        self.for_each(request, chosen, lambda user: people.remove_second_factor(actor=actor_of(request), user=user))

    def _ban(self, request: HttpRequest, chosen: QuerySet[User], days: int) -> None:
        actor = actor_of(request)
        if chosen.filter(pk=actor.pk).exists():
            raise people.PersonRefused(gettext("You can't ban yourself."))
        self.for_each(request, chosen, lambda user: bans.ban(actor=actor, user=user, minutes=days * 24 * 60))

    def for_each(self, request: HttpRequest, chosen: QuerySet[User], act: Callable[[User], object]) -> None:
        for user in chosen:
            act(user)
        number = len(chosen)
        self.message_user(request, ngettext("Done for %d person.", "Done for %d people.", number) % number)


def _give_role(role: str, panel: PersonAdmin, request: HttpRequest, chosen: QuerySet[User]) -> None:
    panel.for_each(request, chosen, lambda user: roles.give(actor=actor_of(request), user=user, role=role))
