from endpoints.providers.base import ParameterRules, ServedModels
from endpoints.providers.bedrock.access_key import access_key
from endpoints.providers.provider import Provider
from endpoints.providers.site import Built, Site, address_of_provider, as_provider, models_of, text_of
from siteconfig.interpolate import why_unfilled
from siteconfig.schema.base import USER_PROVIDED
from siteconfig.schema.endpoint_built_in import Bedrock, Guardrail

REGION = "us-east-1"


def build(site: Site, provider: Provider) -> Built:
    variables = provider.variables
    if not any(map(text_of, (variables.key, *variables.more))):
        return []
    own = site.file.bedrock
    region = text_of("BEDROCK_AWS_DEFAULT_REGION") or REGION
    url = address_of_provider(site, provider, own)  # empty: the region's own
    profiles = own.inferenceProfiles if own else {}
    guardrail = own.guardrailConfig if own else None
    guarded_by = (guardrail.guardrailIdentifier, guardrail.guardrailVersion) if guardrail else ()
    if missing := why_unfilled(url, *profiles.values(), *guarded_by):
        return site.leave_out(provider.name, missing)
    secrets = access_key()
    bearer = text_of(variables.key)
    from_user = USER_PROVIDED in {bearer, *secrets.values()}
    if not (bearer or secrets or from_user):
        return site.leave_out(provider.name, "there is neither an access key nor a bearer token")
    connection = site.connection(
        provider.wire,
        url,
        own,
        model_prefix=provider.model_prefix,
        api_key="" if from_user else bearer,
        key_from_user=from_user,
        credentials={"aws_region_name": region} | ({} if from_user else secrets),
    )
    models = ServedModels((tuple(own.models) if own else ()) or models_of(provider), wire_names=profiles)
    return [as_provider(site, provider, own, connection, models, _rules(own, guardrail))]


def _rules(own: Bedrock | None, guardrail: Guardrail | None) -> ParameterRules:
    regions = own.availableRegions if own else []
    return ParameterRules(
        add={"guardrailConfig": guardrail.model_dump(exclude_none=True)} if guardrail else {},
        definitions=({"key": "region", "options": regions},) if regions else (),
    )
