"""The current configuration file: read when a process starts, and again within two seconds of a change."""

import logging
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from siteconfig.configuration import Config, ConfigFaults, Fault, load_config
from siteconfig.environment.reader import env

log = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 2.0  # how long a process relies on the file being as it was


@dataclass(slots=True)
class _FileState:
    """What this process goes by. `seen` tells one version of the file from another."""

    config: Config
    seen: tuple[int, ...]
    look_again_at: float
    faults: tuple[Fault, ...] = ()


_lock = threading.Lock()
_state: list[_FileState] = []


def current() -> Config:
    """Return what the file says: the same object until it says something else.

    Raises `siteconfig.configuration.ConfigFaults` when the file was faulty from the start; later faults are for
    `faults`.
    """
    if not _state:
        with _lock:
            if not _state:
                _state.append(_begun())
    state = _state[0]
    if time.monotonic() >= state.look_again_at and _lock.acquire(blocking=False):
        try:  # the others go on with what there is
            state.look_again_at = time.monotonic() + LOOK_AGAIN_SECONDS
            _look_again(state, settings.LIBRECHAT_CONFIG)
        finally:
            _lock.release()
    return state.config


def faults() -> tuple[Fault, ...]:
    """Return why the file as it is now is not in use, or nothing."""
    current()
    return _state[0].faults if _state else ()


def reset() -> None:
    """Forget the file, so that the next use reads it."""
    with _lock:
        _state.clear()


def _begun() -> _FileState:
    path = settings.LIBRECHAT_CONFIG
    seen, look_again_at = _seen(path), time.monotonic() + LOOK_AGAIN_SECONDS
    if env.text("CONFIG_PATH") and not seen:
        log.warning("there is no file %s (CONFIG_PATH)", path)
    try:
        return _FileState(load_config(path), seen, look_again_at)
    except ConfigFaults as error:
        if not env.switch("CONFIG_BYPASS_VALIDATION", default=False) or error.cannot_be_bypassed:
            raise
        log.warning("%s\nCONFIG_BYPASS_VALIDATION: the defaults are used instead", error)
        return _FileState(Config(), seen, look_again_at, error.faults)


def _look_again(state: _FileState, path: Path) -> None:
    """Read the file where it changed; what it said before stays in use where it cannot be read now."""
    seen = _seen(path)
    if seen == state.seen:
        return
    state.seen = seen
    if not seen:
        state.faults = (Fault("", 0, _("%s is missing, so its last version stays in use") % path.name),)
        return
    try:
        state.config = load_config(path)
    except ConfigFaults as error:
        state.faults = error.faults
        log.error("%s\nWhat it said before stays in use", error)
        return
    state.faults = ()
    log.info("%s is in use as it is now", path.name)


def _seen(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_mtime_ns, status.st_size, status.st_ino
