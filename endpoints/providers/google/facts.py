"""Facts about Google's models, by their names."""

import re
from typing import Final

from endpoints.providers.provider import ProviderFacts
from endpoints.providers.windows import spread

_WINDOWS: Final = {
    **spread(30_720, "gemini"),
    **spread(1_000_000, "gemini-1.5", "gemini-2.5", "gemini-3", "gemini-3.1"),
    **spread(2_000_000, "gemini-2.0"),
    **spread(1_048_576, "gemini-3.5-flash", "gemini-3.6-flash", "gemini-3.7-flash"),
    **spread(32_768, "gemma-2", "gemma-3"),
    **spread(128_000, "gemma-4"),
    **spread(256_000, "gemma-4-26b", "gemma-4-31b"),
}
FACTS: Final = ProviderFacts(
    windows=_WINDOWS,
    price_prefix="gemini/",
    vocabularies={"gemini": re.compile(r"gemini|gemma", re.IGNORECASE)},
    new_models=re.compile(r"gemini-\d[\d.]*-(?:pro|flash|flash-lite)(?:-preview)?"),
    thinking_names=re.compile(r"(?:^|[^a-z0-9])gemini-(?:2\.5|[3-9])(?![a-z0-9])", re.IGNORECASE),
)
