"""The providers that the set-up offers: what each is called, where it is, and where a key is made."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from endpoints.models import OperatorEndpoint

_Kind = OperatorEndpoint.Kind


@dataclass(frozen=True, slots=True)
class ProviderPreset:
    """One provider. Without `base_url` the kind's own holds, or the administrator's; `key_page` is for people."""

    slug: str
    label: str | Promise
    words: str | Promise
    kind: _Kind = _Kind.CUSTOM
    base_url: str = ""
    key_page: str = ""
    needs_key: bool = True

    @property
    def asks_address(self) -> bool:
        return self.kind == _Kind.CUSTOM


PROVIDER_PRESETS: Final = (
    ProviderPreset("openai", "OpenAI", _("GPT and reasoning models"), _Kind.OPENAI,
         key_page="https://platform.openai.com/api-keys"),
    ProviderPreset("anthropic", "Anthropic", _("Claude"), _Kind.ANTHROPIC,
         key_page="https://console.anthropic.com/settings/keys"),
    ProviderPreset("google", "Google", _("Gemini"), _Kind.GOOGLE, key_page="https://aistudio.google.com/apikey"),
    ProviderPreset("mistral", "Mistral", _("Mistral's own models"),
         base_url="https://api.mistral.ai/v1", key_page="https://console.mistral.ai/api-keys"),
    ProviderPreset("openrouter", "OpenRouter", _("Hundreds of models behind one key"),
         base_url="https://openrouter.ai/api/v1", key_page="https://openrouter.ai/settings/keys"),
    ProviderPreset("groq", "Groq", _("Open models, very fast"),
         base_url="https://api.groq.com/openai/v1", key_page="https://console.groq.com/keys"),
    ProviderPreset("deepseek", "DeepSeek", _("DeepSeek's own models"),
         base_url="https://api.deepseek.com/v1", key_page="https://platform.deepseek.com/api_keys"),
    ProviderPreset("xai", "xAI", _("Grok"), base_url="https://api.x.ai/v1", key_page="https://console.x.ai"),
    ProviderPreset("together", "Together AI", _("Open models"),
         base_url="https://api.together.xyz/v1", key_page="https://api.together.ai/settings/api-keys"),
    ProviderPreset("ollama", "Ollama", _("Models on your own machine"),
         base_url="http://localhost:11434/v1", needs_key=False),
    ProviderPreset("other", _("Another server"), _("Any server that speaks the OpenAI protocol"), needs_key=False),
)  # fmt: skip


def preset_of(slug: str) -> ProviderPreset | None:
    return next((card for card in PROVIDER_PRESETS if card.slug == slug), None)
