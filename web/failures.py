"""For administrators: advice and a link to the page that fixes a failed call (`endpoints.services.failure_words`)."""

from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from endpoints.services.failure_words import explain


class ForAdmins(NamedTuple):
    advice: str
    page: str  # the name of the page's address
    button: Promise


_SETUP: Final = ("chat:setup", _("Set up models"))
_PAGES: Final = {
    "bad_key": _SETUP,
    "no_such_model": _SETUP,
    "quota": _SETUP,
    "refused_address": _SETUP,
    "no_credit": ("admin:billing_balance_changelist", _("Balances")),
    "internal": ("admin:index", _("Administration")),
}


def for_admins(code: str) -> ForAdmins | None:
    """Return what an administrator is told, and the page that helps; None where nothing else than others are."""
    return ForAdmins(str(explain(code).for_admins), *_PAGES[code]) if code in _PAGES else None
