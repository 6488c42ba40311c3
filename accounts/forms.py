"""Signing in and signing up."""

from typing import Any

from allauth.account import forms as allauth_forms
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.services import domains
from accounts.services.signup import LONGEST_PASSWORD, EmailTaken, check_length


class LoginForm(allauth_forms.LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plain(self)
        self.fields["login"].label = _("E-mail")
        if settings.DIRECTORY and settings.DIRECTORY.by_username:
            self.fields["login"] = forms.CharField(label=_("User name"), max_length=254)
            self.order_fields(["login", "password"])
        self.fields["login"].widget.attrs["autocomplete"] = "username"
        self.fields["login"].widget.attrs["autofocus"] = True


class SignupForm(allauth_forms.SignupForm):  # type: ignore[misc]
    """Name, e-mail and a password, once: it can be shown, so it need not be typed twice."""

    name = forms.CharField(label=_("Name"), max_length=80)
    field_order = ("name", "email", "password1")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plain(self)
        self.fields["name"].widget.attrs |= {"autocomplete": "name", "autofocus": True}
        self.fields["email"].label = _("E-mail")
        self.fields["email"].validators.append(MaxLengthValidator(User._meta.get_field("email").max_length or 254))
        password = self.fields["password1"]
        password.widget.attrs |= {"minlength": settings.MIN_PASSWORD_LENGTH, "maxlength": LONGEST_PASSWORD}
        password.help_text = ngettext(
            "At least %(count)s character, and not a common word.",
            "At least %(count)s characters, and not a common word.",
            settings.MIN_PASSWORD_LENGTH,
        ) % {"count": settings.MIN_PASSWORD_LENGTH}

    def clean_email(self) -> str:
        email: str = super().clean_email()
        if not domains.welcome(email):
            raise forms.ValidationError(gettext("Accounts are not made here for addresses of this domain."))
        return email

    def clean_password1(self) -> str:
        password: str = self.cleaned_data["password1"]
        check_length(password)
        return password

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        try:
            saved: tuple[User | None, HttpResponse | None] = super().try_save(request)
        except EmailTaken:  # by somebody who was faster
            messages.error(request, gettext("There is an account with this e-mail address. Sign in with it."))
            return None, redirect("account_login")
        return saved


def plain(form: forms.Form) -> None:
    """Take the placeholders away: they repeat the labels, and vanish when they are needed."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)
