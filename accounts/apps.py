from django.apps import AppConfig
from django.core.checks import register


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts.services.checks import check_addresses, check_sign_in  # noqa: PLC0415 (needs the settings)

        register(check_addresses)
        register(check_sign_in)
        from accounts.services import receivers  # noqa: PLC0415 - it needs the models

        receivers.connect()
