"""Forms of the chat page."""

from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from chat.services.model_settings import ModelSettings
from chat.services.quotes import BadQuote, read_quotes
from chat.services.turns.draft import Draft


class TurnForm(forms.Form):
    """The composer. Whether the text can be sent is decided by `chat.services.turns.turns`, for the API as well."""

    text = forms.CharField(required=False, strip=False)
    starter = forms.CharField(required=False, max_length=500)
    endpoint = forms.CharField(required=False, max_length=128)
    model = forms.CharField(required=False, max_length=256)
    spec = forms.CharField(required=False, max_length=256)
    parent = forms.UUIDField(required=False, error_messages={"invalid": _("The previous message wasn't found.")})
    project = forms.UUIDField(required=False, error_messages={"invalid": _("This project wasn't found.")})
    settings = forms.CharField(required=False, max_length=200_000)
    request_id = forms.CharField(required=False, max_length=64)

    def clean_text(self) -> str:
        # A browser sends a text area's line ends as CR LF.
        text: str = self.cleaned_data["text"]
        return text.replace("\r\n", "\n")

    def clean_settings(self) -> ModelSettings | None:
        """None: the conversation keeps what it has."""
        text: str = self.cleaned_data["settings"]
        try:
            return ModelSettings.read_json(text) if text else None
        except ValueError:  # pydantic's is one
            raise forms.ValidationError(_("These model parameters are not valid.")) from None

    def clean(self) -> dict[str, Any]:
        sent = cast(QueryDict, self.data)
        try:
            self.cleaned_data["quotes"] = read_quotes(sent.getlist("quote"), sent.getlist("quote_message"))
        except BadQuote as refusal:
            raise forms.ValidationError(refusal.message) from None
        return self.cleaned_data

    def draft(self) -> Draft:
        """Return what was sent; the form must be valid."""
        data = self.cleaned_data
        return Draft(
            text=data["starter"] or data["text"],
            endpoint="" if data["spec"] else data["endpoint"],
            model="" if data["spec"] else data["model"],
            spec=data["spec"],
            parent_id=data["parent"],
            client_request_id=data["request_id"] or None,
            project_id=data["project"],
            settings=data["settings"],
            quotes=data["quotes"],
        )

    def fault(self) -> str:
        """Return the first error's words; the form must be invalid."""
        return str(next(iter(self.errors.values()))[0])


class RenameForm(forms.Form):
    use_required_attribute = False  # an empty title is refused in the dialog, in our words

    title = forms.CharField(
        label=_("Title"),
        max_length=1024,
        error_messages={"required": _("Enter a title.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )
