"""System checks of what an operator configures, which run before each start; Django's own are for developers."""

from typing import Final

CONFIGURATION: Final = "configuration"  # the tag of such a check
