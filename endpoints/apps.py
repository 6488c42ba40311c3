from django.apps import AppConfig
from django.core.checks import register

from core.checks import CONFIGURATION


class EndpointsConfig(AppConfig):
    name = "endpoints"

    def ready(self) -> None:
        from accounts.services import erasure, roles  # noqa: PLC0415 (needs the models)
        from endpoints.catalog import keys, registry  # noqa: PLC0415
        from endpoints.services.checks import check_configuration  # noqa: PLC0415

        register(check_configuration, CONFIGURATION)
        erasure.on_erase(keys.erase)
        erasure.on_export(keys.export)
        roles.know_endpoints(lambda: {endpoint.name for endpoint in registry.current().endpoints})
