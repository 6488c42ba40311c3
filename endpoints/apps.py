from django.apps import AppConfig
from django.core.checks import register


class EndpointsConfig(AppConfig):
    name = "endpoints"

    def ready(self) -> None:
        from accounts.services import domains, erasure, offers, roles  # noqa: PLC0415 (needs the models)
        from billing import policy  # noqa: PLC0415
        from endpoints import entered, keys, registry  # noqa: PLC0415
        from endpoints.checks import check_configuration  # noqa: PLC0415

        register(check_configuration)
        registry.also_from(entered.endpoints)
        erasure.on_erase(keys.erase)
        erasure.on_export(keys.export)
        policy.read_from(lambda: registry.current().money)
        roles.know_endpoints(lambda: {endpoint.name for endpoint in registry.current().endpoints})
        offers.order_by(lambda: registry.current().registration.socialLogins)
        domains.add_source(lambda: registry.current().registration.allowedDomains)
