from endpoints.catalog.built_in_providers import AZURE, is_on, list_of, text_of
from endpoints.providers.base import Endpoint
from endpoints.providers.building import Built, Site, credentials_of
from siteconfig.interpolate import INSTANCE, why_unfilled
from siteconfig.schema.base import USER_PROVIDED
from siteconfig.schema.endpoint_azure import AzureGroup, Deployment


def azure(site: Site) -> Built:
    """Return one endpoint whose models each have an address of their own."""
    own = site.file.azureOpenAI
    groups = own.groups if own else _groups_of_environment()
    variants: dict[str, Endpoint] = {}
    for group in groups:
        names = [name for model in group.models for name in (group.deployment_of(model), group.version_of(model))]
        texts = (group.group, group.apiKey, group.baseURL or "", group.instanceName or "", *names)
        if missing := why_unfilled(*texts, keep=INSTANCE):
            site.leave_out(f"{AZURE.name} ({group.group})", missing)
        else:
            variants |= {model: _variant(site, group, model) for model in group.models}
    if not variants:
        return []
    return [
        Endpoint(
            name=AZURE.name,
            label=AZURE.label,
            family="azureOpenAI",
            icon=AZURE.name,
            adapter="openai_wire",
            models=tuple(variants),
            variants=variants,
            titles=site.titles(own),
            key_from_user=any(each.key_from_user for each in variants.values()),
            written_by_operator=True,
        )
    ]


def _variant(site: Site, group: AzureGroup, model: str) -> Endpoint:
    deployment, version = group.deployment_of(model), group.version_of(model)
    headers = group.additionalHeaders
    if group.serverless and group.apiKey != USER_PROVIDED:  # such places take the key in either header
        headers = {**headers, "api-key": group.apiKey}
    return Endpoint(
        name=AZURE.name,
        label=AZURE.label,
        family="azureOpenAI",
        icon=AZURE.name,
        adapter="openai_wire",
        base_url=_address(group, deployment).rstrip("/"),
        key_header="Authorization" if group.serverless else "api-key",
        models=(model,),
        wire_names={model: deployment} if deployment and deployment != model else {},
        query={"api-version": version} if version else {},
        headers=headers,
        add_params=group.addParams,
        drop_params=tuple(group.dropParams),
        titles=site.titles(site.file.azureOpenAI),
        written_by_operator=True,
        **credentials_of(group.apiKey),
    )


def _address(group: AzureGroup, deployment: str) -> str:
    instance = group.instanceName or ""
    if group.baseURL:
        return group.baseURL.replace("${INSTANCE_NAME}", instance).replace("${DEPLOYMENT_NAME}", deployment)
    host = instance if "." in instance else f"{instance}.openai.azure.com"
    return f"https://{host}/openai/deployments/{deployment}"


def _groups_of_environment() -> list[AzureGroup]:
    """Return the one group that the older variables make."""
    key, instance = text_of(AZURE.key_variable), text_of("AZURE_OPENAI_API_INSTANCE_NAME")
    version, deployment = text_of("AZURE_OPENAI_API_VERSION"), text_of("AZURE_OPENAI_API_DEPLOYMENT_NAME")
    models = list_of(AZURE.models_variable) or list_of("AZURE_OPENAI_DEFAULT_MODEL") or list_of(
        "AZURE_OPENAI_API_DEPLOYMENT_NAME"
    )  # fmt: skip
    by_model = is_on("AZURE_USE_MODEL_AS_DEPLOYMENT_NAME") or not deployment
    if not (key and instance and version and models):
        return []
    return [
        AzureGroup(
            group="environment",
            apiKey=key,
            instanceName=instance,
            version=version,
            baseURL=text_of(AZURE.url_variable) or None,
            models={model: Deployment(deploymentName=model if by_model else deployment) for model in models},
        )
    ]
