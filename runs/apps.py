from django.apps import AppConfig


class RunsConfig(AppConfig):
    """No tables: the command that carries out replies."""

    name = "runs"
