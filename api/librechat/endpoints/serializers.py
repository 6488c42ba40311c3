"""What clients may know before and after signing in, and about endpoints and models."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from pydantic import Field

from accounts.models import User
from accounts.services import recovery, sign_in_options, site
from api.base.payloads import ApiResponse
from billing.services import policy
from billing.services.pricing import Rates
from endpoints.catalog.keys import needs_key
from endpoints.catalog.selection import ModelCatalog, catalog_for
from endpoints.catalog.specs import to_dict
from endpoints.parameters.sets import set_name
from endpoints.providers.base import Endpoint
from siteconfig import features, live
from siteconfig.environment.identity import ORDER
from siteconfig.schema.base import BUILT_IN


class BalanceConfig(ApiResponse):
    enabled: bool
    start_balance: int | None = None
    auto_refill_enabled: bool | None = None
    refill_interval_value: int | None = None
    refill_interval_unit: str | None = None
    refill_amount: int | None = None


class DirectoryConfig(ApiResponse):
    """There is a directory; `username`: people write the name it knows them by, and not their address."""

    enabled: bool = True
    username: bool | None = None


class ModelSpecsResponse(ApiResponse):
    """The model specs that this person may use."""

    enforce: bool
    prioritize: bool
    list: list[dict[str, Any]]
    added_endpoints: Sequence[str] | None = None


class StartupConfig(ApiResponse):
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
    openid_label: str = ""
    openid_image_url: str = ""
    openid_auto_redirect: bool = False
    saml_label: str = ""
    saml_image_url: str = ""
    ldap: DirectoryConfig | None = None
    interface: dict[str, Any]
    custom_footer: str | None = None
    help_and_faq_url: str | None = Field(None, serialization_alias="helpAndFaqURL")
    shared_links_enabled: bool | None = None
    public_shared_links_enabled: bool | None = None
    openid_reuse_tokens: bool | None = None
    allow_account_deletion: bool | None = None
    show_birthday_icon: bool | None = None
    title_generation_timing: str | None = None
    model_specs: ModelSpecsResponse | None = None
    balance: BalanceConfig | None = None
    conversation_import_max_file_size: int | None = None


class EndpointResponse(ApiResponse):
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


class TokenRates(ApiResponse):
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
        interface={"buildInfo": features.has("build_info")},
        social_login_enabled=settings.ALLOW_SOCIAL_LOGIN,
        ldap=_directory(),
        **_offers(),
    )
    if user is None:
        return config
    offer = catalog_for(user)
    shown = {"modelSelect": offer.selects_models, "parameters": offer.sets_parameters}
    links = features.has("shared_links")
    return config.model_copy(
        update={
            "interface": shown | features.interface() | _settled(),
            "model_specs": _model_specs(offer),
            "custom_footer": holds.footer or None,
            "help_and_faq_url": settings.HELP_AND_FAQ_URL,
            "shared_links_enabled": links,
            "public_shared_links_enabled": links,
            "openid_reuse_tokens": False,
            "allow_account_deletion": holds.allow_account_deletion or user.is_admin,
            "show_birthday_icon": False,
            "title_generation_timing": "immediate",
            "balance": _balance(),
            "conversation_import_max_file_size": 0,
        }
    )


def _model_specs(offer: ModelCatalog) -> ModelSpecsResponse | None:
    specs = live.current().document.modelSpecs
    if not specs.specs:
        return None
    rows = [to_dict(spec, enforced=specs.enforce) for spec in offer.specs]
    return ModelSpecsResponse(
        enforce=specs.enforce, prioritize=specs.prioritize, list=rows, added_endpoints=specs.addedEndpoints
    )


def _settled() -> dict[str, Any]:
    """Return what of the interface an operator switches, and what clients must be told a number or a word for."""
    written = live.current().document.interface
    return {
        "autoSubmitFromUrl": features.has("auto_submit") and settings.URL_AUTO_SUBMIT,
        "codeHighlightThrottleMs": 300 if written.codeHighlightThrottleMs is None else written.codeHighlightThrottleMs,
        "retentionMode": written.retentionMode or "temporary",
    }


def _balance() -> BalanceConfig:
    rules = policy.current()
    if not rules.enforced:
        return BalanceConfig(enabled=False)
    balance = BalanceConfig(
        enabled=True, start_balance=rules.start_credits, auto_refill_enabled=rules.refill is not None
    )
    if rules.refill is not None:
        balance.refill_interval_value, balance.refill_interval_unit = rules.refill.value, rules.refill.unit
        balance.refill_amount = rules.refill.amount
    return balance


def _directory() -> DirectoryConfig | None:
    if settings.DIRECTORY is None:
        return None
    return DirectoryConfig(username=settings.DIRECTORY.by_username or None)


def _offers() -> dict[str, Any]:
    shown = {provider.key: provider for provider in sign_in_options.providers()}
    offers: dict[str, Any] = {
        "social_logins": list(shown),
        **{f"{name}_login_enabled": name in shown for name in ORDER},
    }
    for name in ("openid", "saml"):
        if provider := shown.get(name):
            offers |= {f"{name}_label": str(provider.label), f"{name}_image_url": provider.image}
    if "openid" in shown and settings.OPENID is not None:
        offers["openid_auto_redirect"] = settings.OPENID.auto_redirect
    return offers


def type_on_the_wire(name: str) -> str | None:
    """Return the `endpointType` of an endpoint by its name: clients know the built-in ones, all others are "custom".

    By the name alone, so that a conversation can still be read when its endpoint is no longer configured.
    """
    return None if name in BUILT_IN else "custom"


def endpoint_out(endpoint: Endpoint) -> EndpointResponse:
    own_parts = True if endpoint.connection.key_from_user and endpoint.origin.provider == "bedrock" else None
    regions = next(
        (definition["options"] for definition in endpoint.parameters.definitions if definition["key"] == "region"), None
    )
    return EndpointResponse(
        order=endpoint.display.order,
        user_provide=needs_key(endpoint),
        user_provide_url=endpoint.connection.url_from_user or (False if endpoint.origin.custom else None),
        user_provide_access_key_id=own_parts,
        user_provide_secret_access_key=own_parts,
        user_provide_session_token=own_parts,
        user_provide_bearer_token=own_parts,
        type="custom" if endpoint.origin.custom or endpoint.origin.local else None,
        azure=True if endpoint.origin.provider == "azureOpenAI" else None,
        available_regions=regions if endpoint.origin.provider == "bedrock" else None,
        model_display_label=endpoint.display.model_label or None,
        # What a client knows by the endpoint's own name it draws itself.
        icon_url=(endpoint.display.icon if endpoint.display.icon != endpoint.name.lower() else "")
        if endpoint.origin.custom
        else None,
        custom_params=_custom_params(endpoint) if endpoint.origin.custom or endpoint.origin.local else None,
    )


def _custom_params(endpoint: Endpoint) -> dict[str, Any]:
    """Return which parameters the endpoint's models have, and what the operator changed about them."""
    parameters: dict[str, Any] = {"defaultParamsEndpoint": set_name(endpoint, "")}
    if endpoint.parameters.reasoning_format != "reasoning_effort":
        parameters["reasoningFormat"] = endpoint.parameters.reasoning_format
    if endpoint.parameters.reasoning_key:
        parameters["reasoningKey"] = endpoint.parameters.reasoning_key
    if endpoint.parameters.definitions:
        parameters["paramDefinitions"] = [dict(definition) for definition in endpoint.parameters.definitions]
    return parameters


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
