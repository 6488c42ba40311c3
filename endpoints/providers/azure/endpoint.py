from endpoints.providers.base import Connection, Endpoint, ParameterRules, ServedModels
from endpoints.providers.provider import Provider
from endpoints.providers.site import Built, Site, as_provider, credentials_of, is_on, list_of, text_of
from siteconfig.interpolate import INSTANCE, why_unfilled
from siteconfig.schema.base import USER_PROVIDED
from siteconfig.schema.endpoint_azure import AzureGroup, Deployment


def build(site: Site, provider: Provider) -> Built:
    """Return one endpoint whose models each have an address of their own."""
    own = site.file.azureOpenAI
    groups = own.groups if own else _groups_of_environment(provider)
    variants: dict[str, Endpoint] = {}
    for group in groups:
        names = [name for model in group.models for name in (group.deployment_of(model), group.version_of(model))]
        texts = (group.group, group.apiKey, group.baseURL or "", group.instanceName or "", *names)
        if missing := why_unfilled(*texts, keep=INSTANCE):
            site.leave_out(f"{provider.name} ({group.group})", missing)
        else:
            variants |= {model: _variant(site, provider, group, model) for model in group.models}
    if not variants:
        return []
    from_user = any(variant.connection.key_from_user for variant in variants.values())
    connection = Connection(provider.wire, key_from_user=from_user)
    return [as_provider(site, provider, own, connection, ServedModels(tuple(variants), variants=variants))]


def _variant(site: Site, provider: Provider, group: AzureGroup, model: str) -> Endpoint:
    deployment, version = group.deployment_of(model), group.version_of(model)
    headers = group.additionalHeaders
    if group.serverless and group.apiKey != USER_PROVIDED:  # such places take the key in either header
        headers = {**headers, "api-key": group.apiKey}
    connection = Connection(
        provider.wire,
        _address(group, deployment).rstrip("/"),
        key_header="Authorization" if group.serverless else "api-key",
        query={"api-version": version} if version else {},
        headers=headers,
        **credentials_of(group.apiKey),
    )
    models = ServedModels((model,), wire_names={model: deployment} if deployment and deployment != model else {})
    rules = ParameterRules(add=group.addParams, drop=tuple(group.dropParams))
    return as_provider(site, provider, site.file.azureOpenAI, connection, models, rules)


def _address(group: AzureGroup, deployment: str) -> str:
    instance = group.instanceName or ""
    if group.baseURL:
        return group.baseURL.replace("${INSTANCE_NAME}", instance).replace("${DEPLOYMENT_NAME}", deployment)
    host = instance if "." in instance else f"{instance}.openai.azure.com"
    return f"https://{host}/openai/deployments/{deployment}"


def _groups_of_environment(provider: Provider) -> list[AzureGroup]:
    """Return the one group that the older variables make."""
    key, instance = text_of(provider.variables.key), text_of("AZURE_OPENAI_API_INSTANCE_NAME")
    version, deployment = text_of("AZURE_OPENAI_API_VERSION"), text_of("AZURE_OPENAI_API_DEPLOYMENT_NAME")
    models = (
        list_of(provider.variables.models)
        or list_of("AZURE_OPENAI_DEFAULT_MODEL")
        or list_of("AZURE_OPENAI_API_DEPLOYMENT_NAME")
    )
    by_model = is_on("AZURE_USE_MODEL_AS_DEPLOYMENT_NAME") or not deployment
    if not (key and instance and version and models):
        return []
    return [
        AzureGroup(
            group="environment",
            apiKey=key,
            instanceName=instance,
            version=version,
            baseURL=text_of(provider.variables.url) or None,
            models={model: Deployment(deploymentName=model if by_model else deployment) for model in models},
        )
    ]
