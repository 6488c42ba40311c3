"""What people read about each parameter: its name, and what it does."""

from django.utils.translation import gettext_lazy as _

from siteconfig.parameters.fields import Translatable

LABELS: dict[str, tuple[Translatable, Translatable]] = {
    "modelLabel": (_("Custom name"), _("Name shown on replies.")),
    "promptPrefix": (_("System prompt"), _("Instructions that the model reads before the conversation.")),
    "system": (_("System prompt"), _("Instructions that the model reads before the conversation.")),
    "maxContextTokens": (
        _("Context window"),
        _("The most tokens of conversation to send. Older messages are left out. Leave empty for the model's limit."),
    ),
    "max_tokens": (_("Max output tokens"), _("The most tokens the model may write. Leave empty for no limit.")),
    "maxOutputTokens": (
        _("Max output tokens"),
        _("The most tokens the model may write. Leave empty for the model's own limit."),
    ),
    "maxTokens": (_("Max output tokens"), _("The most tokens the model may write. Leave empty for no limit.")),
    "temperature": (
        _("Temperature"),
        _("Higher is more varied, lower is more predictable. Change this or top P, not both."),
    ),
    "top_p": (_("Top P"), _("Considers only the likeliest words, up to this share of the probability.")),
    "topP": (_("Top P"), _("Considers only the likeliest words, up to this share of the probability.")),
    "topK": (_("Top K"), _("Considers only this many of the likeliest words.")),
    "frequency_penalty": (_("Frequency penalty"), _("Higher makes the model repeat the same words less.")),
    "presence_penalty": (_("Presence penalty"), _("Higher makes the model move on to new topics.")),
    "stop": (_("Stop sequences"), _("The reply ends before any of these texts. One per line.")),
    "resendFiles": (_("Resend files"), _("Files from earlier messages are sent again with each message.")),
    "imageDetail": (_("Image detail"), _("Higher shows the model finer detail and costs more.")),
    "web_search": (_("Web search"), _("The provider lets the model search the web.")),
    "url_context": (_("Read web pages"), _("The provider reads the pages linked in the message.")),
    "reasoning_effort": (_("Reasoning effort"), _("How long the model thinks before it answers.")),
    "useResponsesApi": (_("Responses API"), _("Use the provider's newer interface instead of chat completions.")),
    "reasoning_summary": (
        _("Reasoning summary"),
        _("How much of its reasoning the model summarises. Responses API only."),
    ),
    "reasoning_mode": (_("Reasoning mode"), _("How much work goes into reasoning. Responses API only.")),
    "reasoning_context": (_("Reasoning context"), _("Which earlier reasoning the model sees. Responses API only.")),
    "verbosity": (_("Verbosity"), _("How long the replies are.")),
    "disableStreaming": (_("Disable streaming"), _("The reply appears all at once when it's complete.")),
    "fileTokenLimit": (_("File limit"), _("The most tokens of file text to send.")),
    "promptCache": (
        _("Prompt cache"),
        _("The provider keeps the conversation for a while, which makes the next message cheaper and faster."),
    ),
    "promptCacheTtl": (_("Cache lifetime"), _("How long the provider keeps the conversation. Longer costs more.")),
    "thinking": (_("Thinking"), _("The model thinks before it answers.")),
    "thinkingBudget": (
        _("Thinking budget"),
        _("The most tokens the model may use for thinking. Must be less than max output tokens."),
    ),
    "thinkingLevel": (_("Thinking level"), _("How long the model thinks before it answers.")),
    "thinkingDisplay": (_("Shown thoughts"), _("Whether the provider returns a summary of the model's thoughts.")),
    "effort": (_("Effort"), _("How much work the model puts into thinking and answering.")),
    "region": (_("Region"), _("Where the provider runs the model.")),
}

OPTIONS: dict[str, Translatable] = {
    "": _("Default"),
    "auto": _("Automatic"),
    "none": _("None"),
    "minimal": _("Minimal"),
    "low": _("Low"),
    "medium": _("Medium"),
    "high": _("High"),
    "xhigh": _("Very high"),
    "max": _("Highest"),
    "concise": _("Concise"),
    "detailed": _("Detailed"),
    "standard": _("Standard"),
    "pro": _("Professional"),
    "current_turn": _("This turn"),
    "all_turns": _("All turns"),
    "summarized": _("Summary"),
    "omitted": _("Omitted"),
    "5m": _("5 minutes"),
    "1h": _("1 hour"),
}
