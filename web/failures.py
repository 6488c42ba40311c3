"""What an administrator reads where others are told to ask one.

`endpoints.services.failure_words` has the words for everybody.
"""

from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class ForAdmins(NamedTuple):
    advice: Promise
    page: str  # the name of the page's address
    button: Promise


FOR_ADMINS: Final = {
    "bad_key": ForAdmins(
        _("Check the API key of this endpoint, or choose another model."), "chat:setup", _("Set up models")
    ),
    "no_such_model": ForAdmins(
        _("It may have been renamed or retired. Check the endpoint's models, or choose another one."),
        "chat:setup",
        _("Set up models"),
    ),
    "quota": ForAdmins(
        _("Top up the account at the provider, or choose another model."), "chat:setup", _("Set up models")
    ),
    "refused_address": ForAdmins(
        _("The endpoint uses a private address. Allow it under endpoints.allowedAddresses in the configuration."),
        "chat:setup",
        _("Set up models"),
    ),
    "no_credit": ForAdmins(
        _("Add credit to your account, or change the refill."), "admin:billing_balance_changelist", _("Balances")
    ),
    "internal": ForAdmins(_("Regenerate. The server's log says what happened."), "admin:index", _("Administration")),
}
