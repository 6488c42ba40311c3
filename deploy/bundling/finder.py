"""The static files finder that returns bundles instead of sources, for `collectstatic` and a server in debug."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import FileSystemFinder
from django.core.files.storage import FileSystemStorage, Storage

from deploy.bundling import scripts, styles
from deploy.bundling.sources import is_entry, is_source


class BundleFinder(FileSystemFinder):
    """Finds what is in `STATICFILES_DIRS`: entries with their parts in them, no parts by themselves."""

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        built = FileSystemStorage(location=settings.BUNDLES_ROOT)
        for path, storage in super().list(ignore_patterns):
            if is_entry(path):
                build(Path(storage.path("")), path)
                yield path, built
            elif not is_source(path):
                yield path, storage

    def find_location(self, root: Any, path: str, prefix: str | None = None) -> str | None:
        location = super().find_location(root, path, prefix)
        if not location or not is_source(path):
            return location
        return str(build(Path(root), path)) if is_entry(path) else None


def build(root: Path, entry: str) -> Path:
    """Write the bundle of an entry below `BUNDLES_ROOT` if it changed, and return where it is."""
    text = scripts.Scripts(root).bundle(entry) if entry.endswith(".js") else styles.bundle(root, entry)
    target = Path(settings.BUNDLES_ROOT) / entry
    if target.exists() and target.read_text(encoding="utf-8") == text:
        return target  # its time says when it changed, which is what `collectstatic` goes by
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(target)
    return target
