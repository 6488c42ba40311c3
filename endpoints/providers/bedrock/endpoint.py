from endpoints.catalog.built_in_providers import BEDROCK, text_of
from endpoints.providers.base import Endpoint
from endpoints.providers.bedrock.access_key import access_key
from endpoints.providers.building import Built, Site, address_of_provider, models_of
from siteconfig.interpolate import why_unfilled
from siteconfig.schema.base import USER_PROVIDED

_SWITCHES = (
    "BEDROCK_AWS_BEARER_TOKEN", "BEDROCK_AWS_SECRET_ACCESS_KEY", "BEDROCK_AWS_PROFILE", "BEDROCK_AWS_DEFAULT_REGION",
)  # fmt: skip
REGION = "us-east-1"


def bedrock(site: Site) -> Built:
    if not any(text_of(name) for name in _SWITCHES):
        return []
    own = site.file.bedrock
    region = text_of("BEDROCK_AWS_DEFAULT_REGION") or REGION
    url = address_of_provider(site, BEDROCK, own)  # empty: the region's own
    profiles = own.inferenceProfiles if own else {}
    guardrail = own.guardrailConfig if own else None
    guarded_by = (guardrail.guardrailIdentifier, guardrail.guardrailVersion) if guardrail else ()
    if missing := why_unfilled(url, *profiles.values(), *guarded_by):
        return site.leave_out(BEDROCK.name, missing)
    secrets = access_key()
    bearer = text_of(BEDROCK.key_variable)
    from_user = USER_PROVIDED in {bearer, *secrets.values()}
    if not (bearer or secrets or from_user):
        return site.leave_out(BEDROCK.name, "there is neither an access key nor a bearer token")
    return [
        Endpoint(
            name=BEDROCK.name,
            label=BEDROCK.label,
            family="bedrock",
            icon=BEDROCK.name,
            adapter="litellm",
            litellm_prefix="bedrock/",
            api_key="" if from_user else bearer,
            key_from_user=from_user,
            credentials={"aws_region_name": region} | ({} if from_user else secrets),
            models=(tuple(own.models) if own else ()) or models_of(BEDROCK),
            wire_names=profiles,
            titles=site.titles(own),
            param_definitions=({"key": "region", "options": own.availableRegions},)
            if own and own.availableRegions
            else (),
            add_params={"guardrailConfig": guardrail.model_dump(exclude_none=True)} if guardrail else {},
            **site.where(url, own),
        )
    ]
