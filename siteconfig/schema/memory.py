"""`memory` and `summarization`."""

from typing import Annotated, Literal

from django.utils.translation import gettext as _
from pydantic import Field, model_validator

from siteconfig.schema.base import AtLeastOne, Flag, Line, NotNegative, Number, Open, Positive, Ratio, Text

Scalar = Line | Number | Flag


class MemoryAgent(Open):
    """Either a stored agent's `id`, or `provider` and `model` of one made for this."""

    enabled: Flag = False
    id: Text | None = None
    provider: Text | None = None
    model: Text | None = None
    instructions: Line | None = None
    model_parameters: dict[str, Scalar] | None = None

    @model_validator(mode="after")
    def _whole(self) -> "MemoryAgent":
        if self.id is None and (self.provider is None or self.model is None):
            raise ValueError(_("needs `id`, or `provider` and `model`"))
        return self


class Memory(Open):
    disabled: Flag = False
    validKeys: list[Line] | None = None
    tokenLimit: Number | None = None
    charLimit: Number = 10_000
    maxInputTokens: AtLeastOne = 12_000
    personalize: Flag = True
    messageWindowSize: Number = 5
    agent: MemoryAgent | None = None


class TokenRatio(Open):
    type: Literal["token_ratio"]
    value: Ratio


class RemainingTokens(Open):
    type: Literal["remaining_tokens"]
    value: AtLeastOne


class MessagesToRefine(Open):
    type: Literal["messages_to_refine"]
    value: AtLeastOne


class SoftTrim(Open):
    maxChars: NotNegative = 4_000
    headChars: NotNegative = 1_500
    tailChars: NotNegative = 1_500


class HardClear(Open):
    enabled: Flag = True
    placeholder: Line | None = None


class ContextPruning(Open):
    enabled: Flag = False
    keepLastAssistants: Annotated[Number, Field(ge=0, le=10)] = 3
    softTrimRatio: Ratio = 0.3
    hardClearRatio: Ratio = 0.5
    minPrunableToolChars: NotNegative = 50_000
    softTrim: SoftTrim | None = None
    hardClear: HardClear | None = None


class RetainRecent(Open):
    turns: Annotated[Number, Field(ge=0, le=20)] | None = None
    tokens: Positive | None = None


class Summarization(Open):
    enabled: Flag = True
    provider: Line | None = None
    model: Line | None = None
    parameters: dict[str, Scalar | None] | None = None
    trigger: Annotated[TokenRatio | RemainingTokens | MessagesToRefine, Field(discriminator="type")] | None = None
    prompt: Line | None = None
    updatePrompt: Line | None = None
    reserveRatio: Ratio = 0.05
    maxSummaryTokens: Positive | None = None
    contextPruning: ContextPruning | None = None
    retainRecent: RetainRecent | None = None
