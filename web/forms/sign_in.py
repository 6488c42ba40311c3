"""Forms of sign-in and sign-up."""

from contextlib import suppress
from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from allauth.core import context
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.models.user import can_be_seen
from accounts.services import attempts, domains, mails
from accounts.services.signin import address_of_login
from accounts.services.signup import MAX_PASSWORD_LENGTH, USERNAME, EmailTaken, check_length


class LoginForm(allauth_forms.LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plain(self)
        by_directory = bool(settings.DIRECTORY and settings.DIRECTORY.by_username)
        if by_directory or "username" in settings.LOGIN_METHODS:
            both = "email" in settings.LOGIN_METHODS and not by_directory
            self.fields["login"] = forms.CharField(
                label=_("Email or username") if both else _("Username"), max_length=254
            )
            self.order_fields(["login", "password"])
        else:
            self.fields["login"].label = _("Email")
        self.fields["login"].widget.attrs["autocomplete"] = "username"
        self.fields["login"].widget.attrs["autofocus"] = True

    def clean_login(self) -> str:
        return address_of_login(self.cleaned_data["login"])


class SignupForm(allauth_forms.SignupForm):  # type: ignore[misc]
    """Name, email and a password, once: it can be shown, so it need not be typed twice."""

    name = forms.CharField(label=_("Name"), max_length=80, validators=[can_be_seen])
    field_order = ("name", "email", "password1")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plain(self)
        if "username" in settings.LOGIN_METHODS:
            self.fields["username"] = username_field()
            self.order_fields(["name", "email", "username", "password1"])
        self.fields["name"].widget.attrs |= {"autocomplete": "name", "autofocus": True}
        self.fields["email"].label = _("Email")
        self.fields["email"].validators.append(MaxLengthValidator(User._meta.get_field("email").max_length or 254))
        password = self.fields["password1"]
        password.widget.attrs |= {"minlength": settings.MIN_PASSWORD_LENGTH, "maxlength": MAX_PASSWORD_LENGTH}
        password.help_text = ngettext(
            "At least %(count)s character, and not a common word.",
            "At least %(count)s characters, and not a common word.",
            settings.MIN_PASSWORD_LENGTH,
        ) % {"count": settings.MIN_PASSWORD_LENGTH}

    def clean_password1(self) -> str:
        password: str = self.cleaned_data["password1"]
        check_length(password)
        return password

    def clean_email(self) -> str:
        email: str = super().clean_email()
        if not domains.is_allowed(email):
            raise forms.ValidationError(gettext("Addresses from this domain can't sign up here."))
        return email

    def clean_username(self) -> str:
        return free_username(self.cleaned_data["username"])

    def validate_unique_email(self, value: str) -> str:
        """Say that an address is taken only where a mail cannot say it to its owner."""
        if not mails.is_configured():
            return str(super().validate_unique_email(value))
        self.account_already_exists = User.objects.filter(email=value.lower()).exists()
        return value

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        if self.account_already_exists:
            with suppress(EmailTaken, ValidationError):  # takes as long as making an account does
                get_adapter(request).save_user(request, User(), self)
            mails.queue("send_taken", self.cleaned_data["email"])
            return None, redirect("account_email_verification_sent")
        try:
            saved: tuple[User | None, HttpResponse | None] = super().try_save(request)
        except EmailTaken:  # by somebody who was faster
            messages.error(request, gettext("An account with this email address already exists. Sign in instead."))
            return None, redirect("account_login")
        return saved


class ChangePasswordForm(allauth_forms.ChangePasswordForm):  # type: ignore[misc]
    def clean_oldpassword(self) -> str:
        """Check the password there is, which somebody at an open screen may try to guess."""
        with attempts.attempt(context.request, self.user.email) as this:
            password: str = super().clean_oldpassword()
            this.succeeded = True
        return password


class InvitationForm(forms.Form):
    """An account for an invited address."""

    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        validators=[can_be_seen],
        widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "username" in settings.LOGIN_METHODS:
            self.fields["username"] = username_field()
            self.order_fields(["name", "username", "password"])

    def clean_username(self) -> str:
        return free_username(self.cleaned_data["username"])


def username_field() -> forms.CharField:
    required = "email" not in settings.LOGIN_METHODS
    widget = forms.TextInput(attrs={"autocomplete": "username", "spellcheck": "false"})
    return forms.RegexField(USERNAME, label=_("Username"), max_length=80, required=required, widget=widget)


def free_username(username: str) -> str:
    if username and User.objects.filter(username__iexact=username).exists():
        raise forms.ValidationError(gettext("This username is already taken."))
    return username


def plain(form: forms.Form) -> None:
    """Take the placeholders away: they repeat the labels, and vanish when they are needed."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)
