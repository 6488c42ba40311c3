"""What a person may set for the model of a conversation: one schema for pages, API and stored JSON."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class ModelSettings(BaseModel):
    """Parameters of a model call; what is unset is not sent. Names as in the REST API (section 32.2)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, ge=0, le=1)
    frequency_penalty: float | None = Field(default=None, ge=-2, le=2)
    presence_penalty: float | None = Field(default=None, ge=-2, le=2)
    max_tokens: int | None = Field(default=None, ge=1, le=10_000_000)
    stop: list[Annotated[str, Field(min_length=1, max_length=256)]] | None = Field(default=None, max_length=16)
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    promptPrefix: str | None = Field(default=None, max_length=100_000)  # noqa: N815 (the wire name of the system prompt)

    def to_json(self) -> dict[str, Any]:
        return self.model_dump(exclude_none=True)

    def request_params(self) -> dict[str, Any]:
        """Return the sampling parameters alone: neither the system prompt nor the cap."""
        return self.model_dump(exclude_none=True, exclude={"promptPrefix", "max_tokens"})
