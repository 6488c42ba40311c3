"""What a client may know before and after signing in, and about endpoints and models."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from pydantic import Field

from accounts.api.wire import Out
from accounts.models import User
from accounts.services import offers, recovery, site
from billing import policy
from billing.pricing import Rates
from config.identity import ORDER
from endpoints import registry
from endpoints.adapters.base import Endpoint
from endpoints.config.base import BUILT_IN
from endpoints.keys import needs_key
from endpoints.offer import Offer, offer_for
from endpoints.parameters.sets import set_name
from endpoints.specs import told

# Parts of the product that are not here yet; a client hides what is off.
_OFF = (
    "presets", "multiConvo", "bookmarks", "memories", "prompts", "agents", "temporaryChat", "autoSubmitFromUrl",
    "runCode", "webSearch", "fileSearch", "fileCitations", "buildInfo", "contextUsage", "contextCost", "feedback",
    "skills", "sharedLinks",
)  # fmt: skip


class BalanceConfig(Out):
    enabled: bool
    start_balance: int | None = None


class ModelSpecsOut(Out):
    """The model specs that this person may use."""

    enforce: bool
    prioritize: bool
    list: list[dict[str, Any]]
    added_endpoints: Sequence[str] | None = None


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
    model_specs: ModelSpecsOut | None = None
    balance: BalanceConfig | None = None
    conversation_import_max_file_size: int | None = None


class EndpointOut(Out):
    """How a client shows an endpoint. The keys to it stay here."""

    order: int
    type: str | None = None
    user_provide: bool = False
    user_provide_url: bool | None = Field(None, serialization_alias="userProvideURL")
    user_provide_access_key_id: bool | None = None
    user_provide_secret_access_key: bool | None = None
    user_provide_session_token: bool | None = None
    user_provide_bearer_token: bool | None = None
    azure: bool | None = None
    available_regions: list[str] | None = None
    model_display_label: str | None = None
    icon_url: str | None = Field(None, serialization_alias="iconURL")
    custom_params: dict[str, Any] | None = None


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
    rules, offer = policy.current(), offer_for(user)
    shown = {"modelSelect": offer.selects_models, "parameters": offer.sets_parameters}
    balance = BalanceConfig(enabled=rules.enforced, start_balance=rules.start_credits if rules.enforced else None)
    return config.model_copy(
        update={
            "interface": shown | dict.fromkeys(_OFF, False),
            "model_specs": _model_specs(offer),
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


def _model_specs(offer: Offer) -> ModelSpecsOut | None:
    specs = registry.current().config.document.modelSpecs
    if not specs.specs:
        return None
    found = [told(each, enforced=specs.enforce) for each in offer.specs]
    return ModelSpecsOut(
        enforce=specs.enforce, prioritize=specs.prioritize, list=found, added_endpoints=specs.addedEndpoints
    )


def _offers() -> dict[str, Any]:
    shown = [each.key for each in offers.providers()]
    return {"social_logins": shown, **{f"{name}_login_enabled": name in shown for name in ORDER}}


def type_on_the_wire(name: str) -> str | None:
    """Return the `endpointType` of an endpoint by its name: clients know the built-in ones, all others are "custom".

    By the name alone, so that a conversation can still be read when its endpoint is no longer configured.
    """
    return None if name in BUILT_IN else "custom"


def endpoint_out(endpoint: Endpoint) -> EndpointOut:
    own_parts = True if endpoint.key_from_user and endpoint.family == "bedrock" else None
    regions = next((each["options"] for each in endpoint.param_definitions if each["key"] == "region"), None)
    return EndpointOut(
        order=endpoint.order,
        user_provide=needs_key(endpoint),
        user_provide_url=endpoint.url_from_user or (False if endpoint.custom else None),
        user_provide_access_key_id=own_parts,
        user_provide_secret_access_key=own_parts,
        user_provide_session_token=own_parts,
        user_provide_bearer_token=own_parts,
        type="custom" if endpoint.custom or endpoint.local else None,
        azure=True if endpoint.family == "azureOpenAI" else None,
        available_regions=regions if endpoint.family == "bedrock" else None,
        model_display_label=endpoint.model_display_label or None,
        # What a client knows by the endpoint's own name it draws itself.
        icon_url=(endpoint.icon if endpoint.icon != endpoint.name.lower() else "") if endpoint.custom else None,
        custom_params=_custom_params(endpoint) if endpoint.custom or endpoint.local else None,
    )


def _custom_params(endpoint: Endpoint) -> dict[str, Any]:
    """Return which parameters the endpoint's models have, and what the operator changed about them."""
    found: dict[str, Any] = {"defaultParamsEndpoint": set_name(endpoint, "")}
    if endpoint.reasoning_format != "reasoning_effort":
        found["reasoningFormat"] = endpoint.reasoning_format
    if endpoint.reasoning_key:
        found["reasoningKey"] = endpoint.reasoning_key
    if endpoint.param_definitions:
        found["paramDefinitions"] = [dict(each) for each in endpoint.param_definitions]
    return found


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
