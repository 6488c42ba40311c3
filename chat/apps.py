from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from accounts.services import access_changes, erasure, resources  # noqa: PLC0415
        from chat.services import notices, privacy  # noqa: PLC0415
        from chat.services.organise import projects  # noqa: PLC0415

        access_changes.on_end(notices.look_again)
        erasure.on_erase(privacy.erase)
        erasure.on_export(privacy.export)
        resources.register(projects.SHARED_KIND)
