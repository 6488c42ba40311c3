from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from accounts.services import erasure, sessions  # noqa: PLC0415 - it needs the models
        from chat.services import notices, organise  # noqa: PLC0415

        sessions.on_end(notices.close_sockets)
        erasure.on_erase(organise.erase_of)
