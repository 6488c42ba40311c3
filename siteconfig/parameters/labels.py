"""What people read about each parameter: its name, and what it does."""

from django.utils.translation import gettext_lazy as _

from siteconfig.parameters.fields import Translatable

LABELS: dict[str, tuple[Translatable, Translatable]] = {
    "modelLabel": (_("Custom name"), _("Name shown on replies.")),
    "promptPrefix": (_("System prompt"), _("Instructions that the model reads before the conversation.")),
    "system": (_("System prompt"), _("Instructions that the model reads before the conversation.")),
    "maxContextTokens": (
        _("Context window"),
        _("The most tokens of conversation to send. Older messages are left out. Empty: what the model takes."),
    ),
    "max_tokens": (_("Max output tokens"), _("The most tokens the model may write. Empty: no limit.")),
    "maxOutputTokens": (
        _("Max output tokens"),
        _("The most tokens the model may write. Empty: the model's own limit."),
    ),
    "maxTokens": (_("Max output tokens"), _("The most tokens the model may write. Empty: no limit.")),
    "temperature": (
        _("Temperature"),
        _("Higher is more varied, lower is more predictable. Change this or top P, not both."),
    ),
    "top_p": (_("Top P"), _("Considers only the likeliest words, up to this share of the probability.")),
    "topP": (_("Top P"), _("Considers only the likeliest words, up to this share of the probability.")),
    "topK": (_("Top K"), _("Considers only this many of the likeliest words.")),
    "frequency_penalty": (_("Frequency penalty"), _("Higher makes the model repeat the same words less.")),
    "presence_penalty": (_("Presence penalty"), _("Higher makes the model turn to new topics.")),
    "stop": (_("Stop sequences"), _("The reply ends before any of these texts. One on each line.")),
    "resendFiles": (_("Send files again"), _("Files of earlier messages are sent with each message.")),
    "imageDetail": (_("Image detail"), _("Higher shows the model finer detail and costs more.")),
    "web_search": (_("Web search"), _("The provider lets the model search the web.")),
    "url_context": (_("Read addresses"), _("The provider reads the pages whose addresses are in the message.")),
    "reasoning_effort": (_("Reasoning effort"), _("How long the model thinks before it answers.")),
    "useResponsesApi": (_("Responses API"), _("Use the provider's newer interface instead of chat completions.")),
    "reasoning_summary": (_("Reasoning summary"), _("How much of its thoughts the model sums up. Responses API.")),
    "reasoning_mode": (_("Reasoning mode"), _("How much work goes into thinking. Responses API.")),
    "reasoning_context": (_("Reasoning context"), _("Which earlier thoughts the model sees. Responses API.")),
    "verbosity": (_("Verbosity"), _("How long the answers are.")),
    "disableStreaming": (_("Disable streaming"), _("The reply appears all at once when it's complete.")),
    "fileTokenLimit": (_("File limit"), _("The most tokens of files' text to send.")),
    "promptCache": (
        _("Prompt cache"),
        _("The provider keeps the conversation for a while, which makes the next message cheaper and faster."),
    ),
    "promptCacheTtl": (_("Cache lifetime"), _("How long the provider keeps the conversation. Longer costs more.")),
    "thinking": (_("Thinking"), _("The model thinks before it answers.")),
    "thinkingBudget": (_("Thinking budget"), _("The most tokens the model may think. It must be below its reply.")),
    "thinkingLevel": (_("Thinking level"), _("How long the model thinks before it answers.")),
    "thinkingDisplay": (_("Shown thoughts"), _("Whether the provider returns a summary of the thoughts.")),
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
