from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import hooks  # noqa: PLC0415 - it needs the models

        hooks.connect()
