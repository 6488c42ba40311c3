"""The packages of the product, for tests that read its code."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGES: Final = (
    "core", "messages", "siteconfig", "accounts", "billing", "endpoints", "files", "agents", "chat", "runs",
    "web", "api", "config", "deploy",
)  # fmt: skip


def sources(*packages: str) -> Iterator[Path]:
    """Yield the modules of `packages`, or of all, as paths below `ROOT`."""
    for package in packages or PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))
