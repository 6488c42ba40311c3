"""A person's preferences: one schema for the settings page and the stored JSON."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from accounts.models import User


class Preferences(BaseModel):
    """Every field has a default, so that a new person needs no row of settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    send_with: Literal["enter", "mod_enter"] = "enter"
    keep_drafts: bool = True
    open_thoughts: bool = False
    scroll_button: bool = True
    open_at_latest: bool = True
    wide_chat: bool = False
    centred: bool = True  # the box of a new chat stands in the middle
    switch_keeps: bool = True  # a chat goes on when a model of another endpoint is chosen; else a new one begins
    at_models: bool = True  # "@" at the beginning of a line opens the models
    formulas: bool = True  # shown as formulas; else as the LaTeX they are written in
    own_markdown: bool = False  # what the person wrote is shown as Markdown, too
    direction: Literal["auto", "ltr", "rtl"] = "auto"
    fork_option: Literal["directPath", "includeBranches", "targetLevel"] = "targetLevel"
    fork_splits: bool = False
    fork_at_once: bool = False  # the fork button acts without asking
    pinned_order: tuple[str, ...] = ()  # what a client keeps at the top, by names of its own; not on the settings page


def preferences_of(user: User) -> Preferences:
    """Return what `user` has set. What an older version stored and this one does not know is left out."""
    try:
        return Preferences.model_validate(user.preferences)
    except ValidationError:
        known = {name: value for name, value in user.preferences.items() if name in Preferences.model_fields}
        kept = {name: value for name, value in known.items() if _is_valid(name, value)}
        return Preferences.model_validate(kept)


def set_preferences(*, user: User, changes: dict[str, Any]) -> Preferences:
    """Store the changed fields; return all. Raises pydantic's `ValidationError` for a field or value not known."""
    preferences = Preferences.model_validate(preferences_of(user).model_dump() | changes)
    user.preferences = preferences.model_dump(exclude_defaults=True)
    user.save(update_fields=["preferences", "updated_at"])
    return preferences


def _is_valid(name: str, value: Any) -> bool:
    try:
        Preferences.model_validate({name: value})
    except ValidationError:
        return False
    return True
