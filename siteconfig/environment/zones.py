"""Time zones from the pinned package only, so that every machine has the same ones."""

import zoneinfo
from importlib.util import find_spec


def use_pinned() -> None:
    """Let `zoneinfo` read the package alone. Systems bring rules of other years along, and some bring none."""
    if find_spec("tzdata") is not None:  # without it the system's are better than none
        zoneinfo.reset_tzpath(to=())
