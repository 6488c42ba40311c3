from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from accounts.api import wire  # noqa: PLC0415 (they need the models)
        from accounts.services import endings, erasure, resources  # noqa: PLC0415
        from chat.services import favourites, life, notices, projects  # noqa: PLC0415

        endings.on_end(notices.look_again)
        erasure.on_erase(life.erase)
        erasure.on_export(life.export)
        resources.register(projects.SHARED_KIND)
        wire.favourites_from(lambda user: [favourites.to_wire(each) for each in favourites.listed(user)])
