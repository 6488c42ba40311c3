"""The ratings and reasons with which people rate replies."""

from typing import Annotated, Any, Literal, Self, get_args

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict, Field, model_validator

LIMIT = 1024  # characters of the free text

Rating = Literal["thumbsUp", "thumbsDown"]
RATINGS: tuple[str, ...] = get_args(Rating)
TAGS: dict[str, dict[str, str | Promise]] = {
    "thumbsUp": {
        "accurate_reliable": _("Accurate and reliable"),
        "creative_solution": _("Creative solution"),
        "clear_well_written": _("Clear and well written"),
        "attention_to_detail": _("Attention to detail"),
    },
    "thumbsDown": {
        "not_matched": _("Not what I asked for"),
        "inaccurate": _("Inaccurate"),
        "bad_style": _("Poor style"),
        "missing_image": _("Missing image"),
        "unjustified_refusal": _("Refused for no reason"),
        "not_helpful": _("Not helpful"),
        "other": _("Something else"),
    },
}


class Feedback(BaseModel):
    """A thumb, and where the person says so the reason for it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    rating: Rating
    tag: str | None = None
    text: Annotated[str, Field(max_length=LIMIT)] = ""

    @model_validator(mode="after")
    def _tag_is_a_reason_for_the_rating(self) -> Self:
        if self.tag is not None and self.tag not in TAGS[self.rating]:
            raise ValueError("tag: this is no reason for the rating")
        if "\x00" in self.text or any("\ud800" <= character <= "\udfff" for character in self.text):
            raise ValueError("text: a character cannot be stored")
        return self

    def to_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude_defaults=True)
