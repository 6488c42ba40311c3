from django.apps import AppConfig


class WebConfig(AppConfig):
    """No tables: template tags, and the pages of every domain."""

    name = "web"
