from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from accounts.services import erasure, resources, sessions  # noqa: PLC0415 (they need the models)
        from chat.services import life, notices, projects  # noqa: PLC0415

        sessions.on_end(notices.close_sockets)
        erasure.on_erase(life.erase)
        erasure.on_export(life.export)
        resources.register(projects.SHARED_KIND)
