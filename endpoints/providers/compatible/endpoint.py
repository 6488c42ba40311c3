from dataclasses import replace

from billing.services.pricing import UNITS, Rates, as_rate
from endpoints.providers.base import Display, Endpoint, EndpointOrigin, ParameterRules, ServedModels, Titles
from endpoints.providers.compatible.hosts import ICONS
from endpoints.providers.provider import Provider
from endpoints.providers.site import Built, Site, credentials_of
from siteconfig.interpolate import why_unfilled
from siteconfig.schema.base import USER_PROVIDED
from siteconfig.schema.endpoint_custom import CustomEndpoint
from siteconfig.schema.money import TokenConfigRates


def build(site: Site, provider: Provider) -> Built:
    return [endpoint for written in site.file.custom for endpoint in _endpoint(site, provider, written)]


def _endpoint(site: Site, provider: Provider, written: CustomEndpoint) -> Built:
    if missing := why_unfilled(written.name, written.apiKey, written.baseURL):
        return site.leave_out(written.name, missing)
    from_user = USER_PROVIDED in {written.apiKey, written.baseURL}
    spoken = site.providers[written.provider] if written.provider else provider
    connection = site.connection(
        spoken.wire,
        written.baseURL,
        written,
        key_header=spoken.key_header,
        model_prefix=spoken.model_prefix,
        direct=written.directEndpoint,
        **credentials_of(written.apiKey),
    )
    models = ServedModels(
        written.models.names,
        fetch=written.models.fetch and not from_user and written.provider is None,
        user_id_query=written.models.userIdQuery,
        token_rates={model: _rates(rates) for model, rates in written.tokenConfig.items()},
        windows={model: rates.context for model, rates in written.tokenConfig.items()},
    )
    icon = written.iconURL or (written.name.lower() if written.name.lower() in ICONS else "")
    return [
        Endpoint(
            written.name,
            connection,
            Display(written.name, icon, written.modelDisplayLabel),
            models,
            _rules(written),
            _titles(site, written),
            EndpointOrigin(custom=True, written_by_operator=not connection.url_from_user),
        )
    ]


def _rules(written: CustomEndpoint) -> ParameterRules:
    params = written.customParams
    return ParameterRules(
        add=written.addParams,
        drop=tuple(written.dropParams),
        set_name=written.parameter_set,
        definitions=tuple(definition.model_dump(exclude_unset=True) for definition in params.paramDefinitions),
        reasoning_format=params.reasoningFormat,
        reasoning_key=params.reasoningKey or "",
        resend_reasoning=params.includeReasoningContent or params.includeReasoningHistory,
        resend_reasoning_history=params.includeReasoningHistory,
    )


def _titles(site: Site, written: CustomEndpoint) -> Titles:
    """A wire that is not the usual one refuses a prompt of only a system message, by which titles are asked for."""
    titles = site.titles(written)
    is_written = "titleMessageRole" in written.model_fields_set or site.file.all is not None
    return replace(titles, role="user") if written.provider and not is_written else titles


def _rates(written: TokenConfigRates) -> Rates:
    read, write = written.cacheRead, written.cacheWrite
    return Rates(
        prompt=as_rate(written.prompt),
        completion=as_rate(written.completion),
        cache_read=as_rate(written.prompt if read is None else read),
        cache_write=as_rate(written.prompt if write is None else write),
        cache_write_1h=None if written.cacheWrite1h is None else as_rate(written.cacheWrite1h),
    ).with_units({kind: as_rate(getattr(written, kind)) for kind in UNITS})
