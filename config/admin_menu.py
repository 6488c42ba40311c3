"""The administration's title, colours and side menu."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _


def settings() -> dict[str, Any]:
    """Return what `unfold` asks of the settings."""
    return {
        "SITE_TITLE": _title,
        "SITE_HEADER": _title,
        "SITE_URL": "/",
        "SITE_SYMBOL": "forum",
        "SHOW_HISTORY": False,
        "SHOW_VIEW_ON_SITE": False,
        "DASHBOARD_CALLBACK": "web.admin_pages.overview.fill_dashboard",
        "STYLES": [lambda request: static("css/admin.css")],
        "SCRIPTS": [lambda request: static("js/admin.js")],
        "COLORS": {"primary": _PRIMARY},
        "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": _MENU},
    }


def _title(request: HttpRequest) -> str:
    from accounts.services import site  # noqa: PLC0415 (the settings are read before there are models)

    return site.current().app_title


_OWN_PAGES = {"model_prices"}  # which belong to no table


def _group(title: Promise | str, *items: tuple[Promise | str, str, str]) -> dict[str, Any]:
    """Return a part of the menu. Items are a name, an icon, and the name of a page with what follows "?"."""
    links: list[dict[str, Any]] = []
    for name, icon, view in items:
        page, _mark, query = view.partition("?")
        address = reverse_lazy(page if page in _OWN_PAGES else f"admin:{page}")
        link = format_lazy("{}?{}", address, query) if query else address
        links.append({"title": name, "icon": icon, "link": link, "active": _is_at(address, query)})
    return {"title": title, "separator": True, "collapsible": False, "items": links}


def _is_at(address: Any, query: str) -> Callable[[HttpRequest], bool]:
    """Return whether a request is for this page or one below it; the matrix lies below the roles, and is not one."""

    def is_at(request: HttpRequest) -> bool:
        matrix = request.path.endswith("/role/matrix/")
        is_here = request.path.startswith(str(address)) and matrix == str(address).endswith("/role/matrix/")
        return is_here and request.META["QUERY_STRING"] == query if query else is_here

    return is_at


_MENU = [
    {"items": [{"title": _("Overview"), "icon": "monitoring", "link": reverse_lazy("admin:index")}]},
    _group(
        _("People"),
        (_("Users"), "person", "accounts_user_changelist"),
        (_("Groups"), "group", "accounts_group_changelist"),
        (_("Invitations"), "mail", "accounts_invitation_changelist"),
        (_("API keys"), "vpn_key", "accounts_apikey_changelist"),
        (_("Bans"), "block", "accounts_ban_changelist"),
        (_("Banners"), "campaign", "accounts_banner_changelist"),
    ),
    _group(
        _("Access"),
        (_("Roles"), "badge", "accounts_role_changelist"),
        (_("Permission matrix"), "grid_on", "accounts_role_matrix"),
        (_("Admin rights"), "key", "accounts_capabilitygrant_changelist"),
    ),
    _group(
        _("Models"),
        (_("Endpoints"), "hub", "endpoints_operatorendpoint_changelist"),
    ),
    _group(
        _("Money"),
        (_("Balances"), "account_balance_wallet", "billing_balance_changelist"),
        (_("Budgets"), "savings", "billing_budget_changelist"),
        (_("Current prices"), "price_check", "model_prices"),
        (_("Set prices"), "sell", "billing_price_changelist"),
        (_("Ledger"), "receipt_long", "billing_ledgerentry_changelist"),
        (_("Holds"), "hourglass", "billing_hold_changelist"),
    ),
    _group(
        _("Site"),
        (_("Site settings"), "tune", "accounts_sitesettings_changelist"),
        (_("Money settings"), "payments", "billing_moneysettings_changelist"),
    ),
    _group(
        _("Monitoring"),
        (_("Audit log"), "history", "accounts_auditentry_changelist"),
        (_("Retention"), "auto_delete", "accounts_auditentry_changelist?action=retention.run"),
        (_("Reconciliations"), "fact_check", "billing_reconciliation_changelist"),
    ),
]
# The accent of the pages beside (`--accent` in base.css is 600), so that both are one product.
_PRIMARY = {
    "50": "oklch(97% .016 280)",
    "100": "oklch(94% .035 280)",
    "200": "oklch(89% .06 280)",
    "300": "oklch(81.5% .1 280)",
    "400": "oklch(74% .125 280)",
    "500": "oklch(64% .16 278)",
    "600": "oklch(51% .17 277)",
    "700": "oklch(45% .18 277)",
    "800": "oklch(39% .15 277)",
    "900": "oklch(34% .12 277)",
    "950": "oklch(26% .08 277)",
}
