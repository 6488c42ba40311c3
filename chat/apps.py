from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from accounts.services import sessions  # noqa: PLC0415 (needs the models)
        from chat.services.notices import close_tabs  # noqa: PLC0415

        sessions.on_end(close_tabs)
