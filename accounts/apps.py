from django.apps import AppConfig
from django.core.checks import register

from core.checks import CONFIGURATION


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts.services.checks import check_addresses, check_sign_in  # noqa: PLC0415 (needs the settings)

        register(check_addresses, CONFIGURATION)
        register(check_sign_in, CONFIGURATION)
        from accounts.services import receivers  # noqa: PLC0415 - it needs the models

        receivers.connect()
