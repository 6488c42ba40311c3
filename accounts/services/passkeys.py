"""Checks of passkeys that allauth leaves out: user verification, and detecting cloned keys."""

from typing import Any, Final

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext_lazy
from fido2.webauthn import AuthenticationResponse, AuthenticatorData

from core.refusal import Refusal

# Of what a key answers; a certificate of its maker is the longest part.
MAX_ANSWER_CHARACTERS: Final = 16 * 1024


class NotBelieved(Refusal):
    """The answer is signed as it must be, and yet the passkey opens nothing."""

    default_message = gettext_lazy("This passkey isn't registered here.")


def signed_data_of(answer: Any) -> AuthenticatorData:
    """Return what a key signed. `answer` is what `navigator.credentials.get` gave, checked by the library."""
    signed_data: AuthenticatorData = AuthenticationResponse.from_dict(answer).response.authenticator_data
    return signed_data


def note_use(*, row: Authenticator, signed_data: AuthenticatorData, alone: bool) -> None:
    """Take a use of a passkey down. Raises `NotBelieved`.

    Where it comes `alone`, in place of a password, it must have asked its person for a finger, face or PIN: the library
    goes by what this session asked for last, which may have been less. A key that counts its uses never counts
    backwards, but where there is a copy of it. Locks the row.
    """
    if alone and not signed_data.is_user_verified():
        raise NotBelieved
    with transaction.atomic():
        kept = Authenticator.objects.select_for_update().filter(pk=row.pk).first()
        if kept is None:
            raise NotBelieved
        before = kept.data.get("counter", kept.wrap().authenticator_data.counter)
        if (signed_data.counter or before) and signed_data.counter <= before:
            raise NotBelieved
        kept.data["counter"] = row.data["counter"] = signed_data.counter
        kept.save(update_fields=["data"])
