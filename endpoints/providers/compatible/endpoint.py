from dataclasses import replace
from typing import Any

from billing.services.pricing import Rates
from endpoints.providers.base import Endpoint, Titles
from endpoints.providers.building import Site, credentials_of
from siteconfig.interpolate import why_unfilled
from siteconfig.schema.base import USER_PROVIDED
from siteconfig.schema.endpoint_custom import CustomEndpoint
from siteconfig.schema.money import TokenRates

KNOWN = {
    "anyscale", "apipie", "cohere", "deepseek", "fireworks", "groq", "helicone", "huggingface", "lemonade", "mistral",
    "mlx", "moonshot", "ollama", "openrouter", "perplexity", "qwen", "shuttleai", "together.ai", "unify", "vercel",
    "xai",
}  # fmt: skip


def custom(site: Site) -> list[Endpoint]:
    return [endpoint for each in site.file.custom for endpoint in _endpoint(site, each)]


def _endpoint(site: Site, each: CustomEndpoint) -> list[Endpoint]:
    if missing := why_unfilled(each.name, each.apiKey, each.baseURL):
        return site.leave_out(each.name, missing)
    known = each.name.lower() in KNOWN
    from_user = USER_PROVIDED in {each.apiKey, each.baseURL}
    fields: dict[str, Any] = site.where(each.baseURL, each) | credentials_of(each.apiKey)
    if each.provider is None:
        fields |= {"adapter": "openai_wire", "fetch_models": each.models.fetch and not from_user}
    else:
        fields |= {"adapter": "litellm", "litellm_prefix": f"{each.provider}/", "key_header": "x-api-key"}
    return [
        Endpoint(
            name=each.name,
            label=each.name,
            models=each.models.names,
            user_id_query=each.models.userIdQuery,
            direct=each.directEndpoint,
            add_params=each.addParams,
            drop_params=tuple(each.dropParams),
            parameter_set=each.parameter_set,
            param_definitions=tuple(
                one.model_dump(exclude_unset=True) for one in each.customParams.paramDefinitions
            ),
            reasoning_format=each.customParams.reasoningFormat,
            reasoning_key=each.customParams.reasoningKey or "",
            resend_reasoning=each.customParams.includeReasoningContent or each.customParams.includeReasoningHistory,
            resend_reasoning_history=each.customParams.includeReasoningHistory,
            titles=_titles(site, each),
            model_display_label=each.modelDisplayLabel,
            icon=each.iconURL or (each.name.lower() if known else ""),
            custom=True,
            token_rates={model: _rates(rates) for model, rates in each.tokenConfig.items()},
            windows={model: rates.context for model, rates in each.tokenConfig.items()},
            **fields,
        )
    ]  # fmt: skip


def _titles(site: Site, each: CustomEndpoint) -> Titles:
    """Anthropic's wire refuses a prompt that is only a system message, which is how titles are asked for otherwise."""
    titles = site.titles(each)
    is_written = "titleMessageRole" in each.model_fields_set or site.file.all is not None
    return replace(titles, role="user") if each.provider and not is_written else titles


def _rates(written: TokenRates) -> Rates:
    read, write = written.cacheRead, written.cacheWrite
    return Rates(
        prompt=written.prompt,
        completion=written.completion,
        cache_read=written.prompt if read is None else read,
        cache_write=written.prompt if write is None else write,
    )
