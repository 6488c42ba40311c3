from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        from accounts.services import erasure  # noqa: PLC0415 (they need the models)
        from billing.services import privacy  # noqa: PLC0415

        erasure.on_erase(privacy.erase)
        erasure.on_export(privacy.export)
