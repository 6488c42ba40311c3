"""The installation's secrets: from the environment, else generated once into the data folder."""

import json
import os
import secrets
from pathlib import Path

from siteconfig.environment.reader import env

NAMES = ("SECRET_KEY", "JWT_SECRET", "JWT_REFRESH_SECRET", "CREDS_KEY", "LOCAL_MODEL_KEY")


def load_secrets(folder: Path) -> dict[str, str]:
    """Return every secret by name; those the environment lacks come from ``folder/secrets.json``.

    The file is created with mode 0600 when it does not exist; two processes that start together
    agree on one file because it is linked into place whole.
    """
    wanted = {name: env.secret(name) for name in NAMES}
    if all(wanted.values()):
        return wanted
    stored = _read_or_create(folder / "secrets.json")
    return {name: value or stored[name] for name, value in wanted.items()}


def _read_or_create(path: Path) -> dict[str, str]:
    stored: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = [name for name in NAMES if not stored.get(name)]
    if not missing:
        return stored
    stored |= {name: secrets.token_hex(32) for name in missing}
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(stored, file, indent=1)
    if path.exists():
        draft.replace(path)  # an older file that lacked a name
    else:
        try:
            os.link(draft, path)
        except FileExistsError:
            stored = json.loads(path.read_text())
        draft.unlink()
    return stored
