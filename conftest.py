import pytest

pytest_plugins = [
    "tests.cast", "tests.conversations", "tests.specs", "tests.chat_rendering.slow", "tests.model_server.fixtures",
    "tests.pages.tabs",
]  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the browser's tests last: Playwright keeps an event loop running, beside which no other can."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
