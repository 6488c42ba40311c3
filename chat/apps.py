from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from accounts.services import sessions  # noqa: PLC0415 - it needs the models
        from chat.services import notices  # noqa: PLC0415

        sessions.on_end(notices.close_sockets)
