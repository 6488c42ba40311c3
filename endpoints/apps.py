from django.apps import AppConfig
from django.core.checks import register


class EndpointsConfig(AppConfig):
    name = "endpoints"

    def ready(self) -> None:
        from accounts.services import domains, erasure, roles, sign_in_options  # noqa: PLC0415 (needs the models)
        from billing.services import policy  # noqa: PLC0415
        from endpoints.catalog import keys, registry, stored_endpoints  # noqa: PLC0415
        from endpoints.services.checks import check_configuration  # noqa: PLC0415

        register(check_configuration)
        registry.also_from(stored_endpoints.endpoints)
        erasure.on_erase(keys.erase)
        erasure.on_export(keys.export)
        policy.read_from(lambda: registry.current().money)
        roles.know_endpoints(lambda: {endpoint.name for endpoint in registry.current().endpoints})
        sign_in_options.order_by(lambda: registry.current().registration.socialLogins)
        domains.add_source(lambda: registry.current().registration.allowedDomains)
