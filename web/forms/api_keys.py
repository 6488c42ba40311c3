"""The form that creates an API key."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiKey


class ApiKeyForm(forms.Form):
    """One switch for each scope; `admin` only for people who administer."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        help_text=_("What you'll use it for, such as “Backup script”."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    read = forms.BooleanField(label=_("Read"), required=False, initial=True)
    write = forms.BooleanField(label=_("Write (send messages, change chats)"), required=False, initial=True)
    admin = forms.BooleanField(label=_("Admin"), required=False)
    days = forms.TypedChoiceField(
        label=_("Expires after"),
        choices=[("30", _("30 days")), ("90", _("90 days")), ("365", _("1 year")), ("0", _("Never"))],
        coerce=int,
        initial="90",
    )

    def __init__(self, *args: Any, administers: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not administers:
            del self.fields["admin"]

    def scopes(self) -> list[str]:
        return [scope for scope in ApiKey.Scope.values if self.cleaned_data.get(scope)]

    def expires_at(self) -> datetime | None:
        days: int = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=days) if days else None
