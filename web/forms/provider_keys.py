"""The form for pasting one's own key."""

from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from endpoints.catalog import keys
from endpoints.providers.base import Endpoint

LASTS: Final = (
    ("1800", _("30 minutes")),
    ("7200", _("2 hours")),
    ("43200", _("12 hours")),
    ("86400", _("1 day")),
    ("604800", _("7 days")),
    ("2592000", _("30 days")),
    ("", _("Until I revoke it")),
)


class KeyForm(forms.Form):
    """What an endpoint needs, and for how long it is kept. What was typed is never sent back."""

    endpoint = forms.CharField(max_length=128, widget=forms.HiddenInput())
    stays = forms.CharField(required=False, widget=forms.HiddenInput())  # asked for in a chat, which goes on there

    def __init__(self, data: Any = None, *, endpoint: Endpoint, **options: Any) -> None:
        super().__init__(data, **options)
        self._names = keys.fields_of(endpoint)
        for name, label in self._names.items():
            widget = forms.URLInput() if name == "baseURL" else forms.PasswordInput()
            widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}
            self.fields[name] = forms.CharField(
                label=str(label), required=name != "sessionToken", max_length=keys.MAX_KEY_LENGTH, widget=widget
            )
        self.fields["lasts"] = forms.ChoiceField(label=_("Keep for"), choices=LASTS, initial="43200", required=False)

    def value(self) -> str:
        return keys.compose({name: self.cleaned_data[name] for name in self._names})

    def expires_at(self) -> datetime | None:
        seconds = self.cleaned_data["lasts"]
        return timezone.now() + timedelta(seconds=int(seconds)) if seconds else None
