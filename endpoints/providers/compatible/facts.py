"""Facts about all other makers' models, by their names."""

import re
from typing import Final

from endpoints.providers.provider import ProviderFacts
from endpoints.providers.windows import spread

WINDOWS: Final = {
    **spread(31_990, "mistral-small", "mistral-7b"),
    **spread(131_000, "mistral-large", "mistral-medium-3", "gpt-oss"),
    **spread(255_000, "mistral-large-3"),
    **spread(256_000, "codestral", "grok-4"),
    **spread(128_000, "deepseek"),
    **spread(163_840, "deepseek-v3.1", "deepseek-v3.2"),
    **spread(1_048_576, "deepseek-v4", "llama-4", "llama4", "kimi-k3"),
    **spread(4_000, "llama-2", "llama2"),
    **spread(8_000, "llama-3", "llama3"),
    **spread(127_500, *(f"llama{dash}3{dot}{minor}" for dash in ("", "-") for dot in ".-" for minor in range(1, 4))),
    **spread(127_500, "command-r"),
    **spread(255_500, "command-a"),
    **spread(32_000, "qwen"),
    **spread(40_960, "qwen3"),
    **spread(262_144, "qwen3-coder", "qwen3.5", "qwen3.6", "qwen3.7", "kimi-k2"),
    **spread(1_000_000, *(f"qwen3.{minor}-{kind}" for minor in range(5, 8) for kind in ("plus", "flash"))),
    **spread(131_072, "grok", "grok-3"),
    **spread(2_000_000, "grok-4-fast"),
    **spread(500_000, "grok-4.5", "grok-4.6"),
    **spread(200_000, "glm-4.6"),
    **spread(295_000, "nova-lite", "nova-pro"),
}
FACTS: Final = ProviderFacts(
    windows=WINDOWS,
    vocabularies={
        "deepseek": re.compile(r"deepseek(?!.*(?:llama|qwen))", re.IGNORECASE),
        "qwen": re.compile(r"qwen|qwq", re.IGNORECASE),
        "mistral": re.compile(r"mistral|mixtral|ministral|codestral|devstral|magistral|pixtral", re.IGNORECASE),
        "llama": re.compile(r"llama", re.IGNORECASE),
    },
    # Their makers name them by what they do.
    thinking_names=re.compile(r"(?:^|[^a-z0-9])(?:r1|qwq|magistral|think\w*|reason\w*)(?![a-z0-9])", re.IGNORECASE),
)
