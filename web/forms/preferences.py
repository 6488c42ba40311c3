"""The form of a person's preferences."""

from django import forms
from django.utils.translation import gettext_lazy as _

from web.forms.actions import FORK_LABELS


class PreferenceForm(forms.Form):
    """One field for each of `accounts.services.preferences.Preferences`."""

    send_with = forms.ChoiceField(
        label=_("Send messages with"),
        choices=[("enter", _("Enter")), ("mod_enter", _("Ctrl or Cmd + Enter"))],
    )
    keep_drafts = forms.BooleanField(label=_("Save drafts on this device"), required=False)
    scroll_button = forms.BooleanField(label=_("Show “jump to latest” button"), required=False)
    open_at_latest = forms.BooleanField(label=_("Open chats at the latest message"), required=False)
    centred = forms.BooleanField(label=_("Centre the message box in new chats"), required=False)
    at_models = forms.BooleanField(label=_("Choose a model by typing @ at the start of a line"), required=False)
    switch_keeps = forms.BooleanField(label=_("Keep the chat when switching providers"), required=False)
    wide_chat = forms.BooleanField(label=_("Full-width chat"), required=False)
    direction = forms.ChoiceField(
        label=_("Text direction"),
        choices=[("auto", _("Automatic")), ("ltr", _("Left to right")), ("rtl", _("Right to left"))],
    )
    formulas = forms.BooleanField(label=_("Show LaTeX as formulas"), required=False)
    own_markdown = forms.BooleanField(label=_("Show my own messages as Markdown"), required=False)
    open_thoughts = forms.BooleanField(label=_("Expand reasoning by default"), required=False)
    fork_option = forms.ChoiceField(label=_("Copy into the fork"), choices=list(FORK_LABELS.items()))
    fork_splits = forms.BooleanField(label=_("Start forks at the chosen message"), required=False)
    fork_at_once = forms.BooleanField(label=_("Fork without asking"), required=False)

    @property
    def writing(self) -> list[forms.BoundField]:
        return [self[name] for name in ("send_with", "at_models", "switch_keeps", "keep_drafts", "direction")]

    @property
    def reading(self) -> list[forms.BoundField]:
        names = ("scroll_button", "open_at_latest", "centred", "wide_chat", "formulas", "own_markdown", "open_thoughts")
        return [self[name] for name in names]

    @property
    def forking(self) -> list[forms.BoundField]:
        return [self[name] for name in ("fork_option", "fork_splits", "fork_at_once")]
