from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from accounts.services import resources, sessions  # noqa: PLC0415 - it needs the models
        from chat.services import notices, projects  # noqa: PLC0415

        sessions.on_end(notices.close_sockets)
        resources.register(projects.SHARED_KIND)
