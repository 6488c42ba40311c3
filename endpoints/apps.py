from django.apps import AppConfig
from django.core.checks import register


class EndpointsConfig(AppConfig):
    name = "endpoints"

    def ready(self) -> None:
        from endpoints.checks import check_configuration  # noqa: PLC0415 (needs the settings)

        register(check_configuration)
