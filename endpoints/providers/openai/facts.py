"""Facts about OpenAI's models, by their names."""

import re
from typing import Final

from endpoints.parameters.mapped import Sampling
from endpoints.providers.provider import ProviderFacts
from endpoints.providers.windows import spread

# These refuse every sampling parameter.
REASONING: Final = re.compile(r"\b(?:o[134](?!\d)|gpt-5)(?!\.|-chat)(?:-|$)")
_CHATS: Final = re.compile(r"gpt-|o\d|chatgpt-|.*chat-latest")
_NO_CHAT: Final = re.compile(r"audio|realtime|transcribe|tts|image|search|instruct|embedding|moderation")
_WINDOWS: Final = {
    **spread(16_375, "gpt-3.5-turbo"),
    **spread(8_187, "gpt-4"),
    **spread(32_758, "gpt-4-32k"),
    **spread(127_500, "gpt-4-turbo", "gpt-4o", "gpt-4.5", "o1-mini", "o1-preview"),
    **spread(195_000, "o1", "o3-mini"),
    **spread(200_000, "o3", "o4-mini"),
    **spread(1_047_576, "gpt-4.1"),
    **spread(400_000, "gpt-5", "gpt-5.4-mini", "gpt-5.4-nano", "chat-latest"),
    **spread(1_050_000, "gpt-5.4", "gpt-5.5", "gpt-5.6"),
}


def is_chat_model(name: str) -> bool:
    """Whether a name of the provider's own list is that of a model to chat with: the list does not say."""
    return bool(_CHATS.match(name)) and not _NO_CHAT.search(name)


def sampling(model: str) -> Sampling:
    return "none" if REASONING.search(model) else "free"


FACTS: Final = ProviderFacts(
    windows=_WINDOWS,
    new_models=re.compile(
        r"(?:gpt-\d|o\d|chat-latest)"
        r"(?!.*(?:audio|realtime|transcri|tts|image|search|\d{4}-\d\d-\d\d))[\w.-]*"
    ),
    thinking_names=re.compile(r"(?:^|[^a-z0-9])(?:o[1-9]|gpt-(?:[5-9]|\d\d|oss))(?![a-z0-9])", re.IGNORECASE),
    vocabularies={
        "cl100k": re.compile(r"gpt-(?:3\.5|4(?!o|\.\d))", re.IGNORECASE),
        "o200k": re.compile(r"gpt-|(?:^|[^a-z0-9])o[134](?![a-z0-9])", re.IGNORECASE),
    },
    sampling=sampling,
)
