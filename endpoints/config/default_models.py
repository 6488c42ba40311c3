"""Which models a provider is offered with when nobody names any and its own list is not there."""

OPENAI = (
    "gpt-6-astra", "gpt-6-sol", "gpt-6-luna", "gpt-5.6", "gpt-5.6-terra", "gpt-5.6-luna", "gpt-5.5", "gpt-5.5-pro",
    "chat-latest", "gpt-5.4", "gpt-5.4-pro", "gpt-5.4-mini", "gpt-5.4-nano", "gpt-5.3-codex", "gpt-5.2", "gpt-5.1",
    "gpt-5.1-codex", "gpt-5.1-codex-max", "gpt-5.1-codex-mini", "gpt-5", "gpt-5-mini", "gpt-5-nano", "gpt-4.1",
    "gpt-4.1-mini", "gpt-4.1-nano", "gpt-4o-mini", "gpt-4o", "chatgpt-4o-latest", "gpt-4-vision-preview",
    "gpt-3.5-turbo-instruct-0914", "gpt-3.5-turbo-instruct",
)  # fmt: skip
ANTHROPIC = (
    "claude-fable-5-1", "claude-fable-5", "claude-opus-5-5", "claude-opus-5", "claude-opus-4-8", "claude-opus-4-7",
    "claude-sonnet-5", "claude-sonnet-4-6", "claude-opus-4-6", "claude-sonnet-4-5", "claude-sonnet-4-5-20250929",
    "claude-haiku-4-5", "claude-haiku-4-5-20251001", "claude-opus-4-1", "claude-opus-4-1-20250805", "claude-opus-4-5",
    "claude-sonnet-4-20250514", "claude-sonnet-4-0", "claude-opus-4-20250514", "claude-opus-4-0",
    "claude-3-7-sonnet-latest", "claude-3-7-sonnet-20250219", "claude-3-5-haiku-20241022",
    "claude-3-5-sonnet-20241022", "claude-3-5-sonnet-20240620", "claude-3-5-sonnet-latest",
)  # fmt: skip
GOOGLE = (
    "gemini-3.8-flash", "gemini-3.7-flash", "gemini-3.6-flash", "gemini-3.5-flash", "gemini-3.5-flash-lite",
    "gemini-3.1-pro-preview", "gemini-3.1-pro-preview-customtools", "gemini-3.1-flash-lite-preview",
    "gemini-3-pro-preview", "gemini-3-flash-preview", "gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-flash-lite",
)  # fmt: skip
BEDROCK = (
    "global.anthropic.claude-fable-5-1", "global.anthropic.claude-fable-5", "global.anthropic.claude-opus-5-5",
    "global.anthropic.claude-opus-5", "global.anthropic.claude-opus-4-8", "global.anthropic.claude-opus-4-7",
    "global.anthropic.claude-sonnet-5", "global.anthropic.claude-sonnet-4-6", "global.anthropic.claude-opus-4-6-v1",
    "global.anthropic.claude-sonnet-4-5-20250929-v1:0", "global.anthropic.claude-haiku-4-5-20251001-v1:0",
    "us.anthropic.claude-opus-4-1-20250805-v1:0", "cohere.command-r-v1:0", "cohere.command-r-plus-v1:0",
    "meta.llama2-13b-chat-v1", "meta.llama2-70b-chat-v1", "meta.llama3-8b-instruct-v1:0",
    "meta.llama3-70b-instruct-v1:0", "meta.llama3-1-8b-instruct-v1:0", "meta.llama3-1-70b-instruct-v1:0",
    "meta.llama3-1-405b-instruct-v1:0", "mistral.mistral-7b-instruct-v0:2", "mistral.mixtral-8x7b-instruct-v0:1",
    "mistral.mistral-large-2402-v1:0", "mistral.mistral-large-2407-v1:0", "mistral.mistral-small-2402-v1:0",
    "ai21.jamba-instruct-v1:0", "amazon.titan-text-lite-v1", "amazon.titan-text-express-v1",
    "amazon.titan-text-premier-v1:0",
)  # fmt: skip
