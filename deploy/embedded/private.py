"""Restricts the embedded servers to the account that runs them: passwords, and files that nobody else can read."""

import contextlib
import os
import secrets
import stat
from pathlib import Path

UMASK = 0o077  # what the supervisor and its parts take from every file they make


def password(file: Path) -> str:
    """Return the password kept in `file`; the first call makes one. It is never part of a command line."""
    if not file.exists():
        write(file, secrets.token_hex(32))
    return file.read_text()


def write(file: Path, text: str) -> None:
    """Write `text` so that no moment shows it to others or leaves half of it."""
    draft = file.with_name(f"{file.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as target:
        target.write(text)
    draft.replace(file)


def close_folder(folder: Path) -> None:
    """Take from everybody else what earlier releases left open in `folder`, links excepted, and the folder itself."""
    if not folder.stat().st_mode & stat.S_ISVTX:  # a folder such as /tmp belongs to all
        _close(folder)
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            _close(Path(parent, name))


def _close(path: Path) -> None:
    with contextlib.suppress(PermissionError, FileNotFoundError):  # somebody else's, or gone meanwhile
        mode = path.lstat().st_mode
        if mode & UMASK and not stat.S_ISLNK(mode):
            path.chmod(stat.S_IMODE(mode) & ~UMASK)
