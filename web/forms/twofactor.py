"""Forms of two-factor authentication: pages and API check codes with the same service."""

import json
from typing import Any

from allauth.core import context
from allauth.mfa.base import forms as base_forms
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.webauthn import forms as passkey_forms
from allauth.mfa.webauthn.internal import auth as webauthn
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.services import attempts, passkeys, twofactor
from core.rate_limits import Counted, NotCounted, address_of, count_named
from web.forms.sign_in import plain


def _counted() -> Counted:
    """Count a try at the second factor, or a passkey, by network address. Raises `TooManyAttempts`."""
    try:
        return count_named("two_factor_temp", address_of(context.request), refusal=attempts.TooManyAttempts)
    except NotCounted as uncounted:
        raise attempts.TooManyAttempts(uncounted.retry_after) from None


class _Code:
    """What the forms share in which a person types a code that opens something."""

    fields: dict[str, forms.Field]
    cleaned_data: dict[str, Any]
    user: User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self.fields["code"])

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        counted = _counted()
        try:
            self.authenticator = twofactor.spend(user=self.user, code=code)
            counted.take_back()
        except twofactor.WrongCode as wrong:
            raise ValidationError(wrong.message) from None
        return code


class CodeForm(_Code, base_forms.AuthenticateForm):  # type: ignore[misc]
    """While signing in."""


class ConfirmCodeForm(_Code, base_forms.ReauthenticateForm):  # type: ignore[misc]
    """Before something that matters."""


class AppForm(totp_forms.ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a new app."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self.fields["code"])

    def clean_code(self) -> str:
        code: str = super().clean_code()
        self.step = twofactor.step_of(self.secret, code) or 0
        return code


_MALFORMED = (KeyError, AttributeError, IndexError, TypeError, ValueError)  # what the library lets through


class _Answer:
    """What a key answered; anything at all may stand there. What was asked of it is answered once, right or wrong."""

    alone = False  # without a password beside it
    cleaned_data: dict[str, Any]

    def clean_credential(self) -> Any:
        counted, answer = _counted(), self.cleaned_data["credential"]
        try:
            authenticator = super().clean_credential()  # type: ignore[misc]
            passkeys.note_use(row=authenticator, signed_data=passkeys.signed_data_of(answer), alone=self.alone)
            counted.take_back()
            return authenticator
        except _MALFORMED:
            raise ValidationError(gettext("We couldn't read this passkey.")) from None
        except passkeys.NotBelieved as refusal:
            raise ValidationError(refusal.message) from None
        finally:
            webauthn.clear_state()


class PasskeyLoginForm(_Answer, passkey_forms.LoginWebAuthnForm):  # type: ignore[misc]
    """In place of a password."""

    alone = True


class PasskeyCodeForm(_Answer, passkey_forms.AuthenticateWebAuthnForm):  # type: ignore[misc]
    """After a password."""


class PasskeyConfirmForm(_Answer, passkey_forms.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """Before something that matters."""


class PasskeyForm(passkey_forms.AddWebAuthnForm):  # type: ignore[misc]
    """A name for a new passkey. Every one of them can sign in by itself."""

    passwordless = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plain(self)
        self.fields["name"].label = _("Name")
        self.fields["name"].widget.attrs["maxlength"] = 80

    def clean_name(self) -> str:
        return str(super().clean_name())[:80]

    def clean_credential(self) -> Any:
        credential = self.cleaned_data["credential"]
        if len(json.dumps(credential)) > passkeys.MAX_ANSWER_CHARACTERS:
            raise ValidationError(gettext("This passkey is too large."))
        return credential

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()  # type: ignore[no-any-return]
        except _MALFORMED:
            raise ValidationError(gettext("We couldn't read this passkey.")) from None


def _dress(field: forms.Field) -> None:
    field.label = _("Code")
    field.widget.attrs.pop("placeholder", None)
    field.widget.attrs |= {"autocomplete": "one-time-code", "autofocus": True, "maxlength": 16, "spellcheck": "false"}
