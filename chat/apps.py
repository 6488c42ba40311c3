from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from accounts.api import wire  # noqa: PLC0415 (they need the models)
        from accounts.services import erasure, resources, sessions  # noqa: PLC0415
        from chat.services import favourites, life, notices, projects  # noqa: PLC0415

        sessions.on_end(notices.close_sockets)
        erasure.on_erase(life.erase)
        erasure.on_export(life.export)
        resources.register(projects.SHARED_KIND)
        wire.favourites_from(lambda user: [favourites.to_wire(each) for each in favourites.listed(user)])
