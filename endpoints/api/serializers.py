"""What a client may know before and after signing in, and about endpoints and models."""

from typing import Any

from django.conf import settings
from pydantic import Field

from accounts.api.wire import Out
from accounts.models import User
from accounts.services import offers, recovery, site
from billing import policy
from billing.pricing import Rates
from config.identity import ORDER
from endpoints.adapters.base import Endpoint

# Parts of the product that are not here yet; a client hides what is off.
_OFF = (
    "presets", "multiConvo", "bookmarks", "memories", "prompts", "agents", "temporaryChat", "autoSubmitFromUrl",
    "runCode", "webSearch", "fileSearch", "fileCitations", "buildInfo", "contextUsage", "contextCost", "feedback",
    "skills", "sharedLinks",
)  # fmt: skip


class BalanceConfig(Out):
    enabled: bool
    start_balance: int | None = None


class StartupConfig(Out):
    """How the site is set up. What stands after `interface` is for people who are signed in."""

    app_title: str
    server_domain: str
    email_login_enabled: bool = True
    registration_enabled: bool
    social_login_enabled: bool = False
    email_enabled: bool
    password_reset_enabled: bool
    min_password_length: int
    social_logins: list[str] = []
    discord_login_enabled: bool = False
    facebook_login_enabled: bool = False
    github_login_enabled: bool = False
    google_login_enabled: bool = False
    apple_login_enabled: bool = False
    openid_login_enabled: bool = False
    saml_login_enabled: bool = False
    interface: dict[str, Any]
    shared_links_enabled: bool | None = None
    public_shared_links_enabled: bool | None = None
    openid_reuse_tokens: bool | None = None
    allow_account_deletion: bool | None = None
    show_birthday_icon: bool | None = None
    title_generation_timing: str | None = None
    balance: BalanceConfig | None = None
    conversation_import_max_file_size: int | None = None


class EndpointOut(Out):
    """How a client shows an endpoint. The keys to it stay here."""

    order: int
    type: str | None = None
    user_provide: bool = False
    model_display_label: str | None = None
    icon_url: str | None = Field(None, serialization_alias="iconURL")
    custom_params: dict[str, str] | None = None


class TokenRates(Out):
    """USD per million tokens, and the length of the context; what nobody knows is left out."""

    context: int | None = None
    prompt: float | None = None
    completion: float | None = None
    cache_write: float | None = None
    cache_read: float | None = None


def startup_config(user: User | None) -> StartupConfig:
    """Return what `user` may know; None is anybody."""
    holds = site.current()
    config = StartupConfig(
        app_title=holds.app_title,
        server_domain=settings.DOMAIN,
        registration_enabled=holds.allow_registration,
        email_enabled=settings.MAIL_CONFIGURED,
        email_login_enabled=settings.ALLOW_EMAIL_LOGIN,
        password_reset_enabled=recovery.can_reset(),
        min_password_length=settings.MIN_PASSWORD_LENGTH,
        interface={"buildInfo": False},
        social_login_enabled=settings.ALLOW_SOCIAL_LOGIN,
        **_offers(),
    )
    if user is None:
        return config
    rules = policy.current()
    balance = BalanceConfig(enabled=rules.enforced, start_balance=rules.start_credits if rules.enforced else None)
    return config.model_copy(
        update={
            "interface": {"modelSelect": True, "parameters": True, **dict.fromkeys(_OFF, False)},
            "shared_links_enabled": False,
            "public_shared_links_enabled": False,
            "openid_reuse_tokens": False,
            "allow_account_deletion": False,
            "show_birthday_icon": False,
            "title_generation_timing": "immediate",
            "balance": balance,
            "conversation_import_max_file_size": 0,
        }
    )


def _offers() -> dict[str, Any]:
    shown = [each.key for each in offers.providers()]
    return {"social_logins": shown, **{f"{name}_login_enabled": name in shown for name in ORDER}}


def endpoint_out(endpoint: Endpoint) -> EndpointOut:
    return EndpointOut(
        order=endpoint.order,
        type="custom" if endpoint.custom or endpoint.local else None,
        model_display_label=endpoint.model_display_label or None,
        icon_url="" if endpoint.custom else None,
        custom_params={"defaultParamsEndpoint": "custom"} if endpoint.custom or endpoint.local else None,
    )


def token_rates(rates: Rates | None, context: int | None) -> TokenRates:
    if rates is None:
        return TokenRates(context=context)
    return TokenRates(
        context=context,
        prompt=float(rates.prompt),
        completion=float(rates.completion),
        cache_write=float(rates.cache_write),
        cache_read=float(rates.cache_read),
    )
