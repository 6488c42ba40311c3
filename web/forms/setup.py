"""Forms of the setup page: a provider's key, and the models that people may choose."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from endpoints.catalog.stored_endpoints import MAX_KEY_LENGTH
from endpoints.providers.provider import Preset

MAX_SHOWN_MODELS = 400  # models with a check box; more can be typed


class ProviderForm(forms.Form):
    """The names are those of `endpoints.catalog.stored_endpoints.Entry`, by which faults are told."""

    name = forms.CharField(label=_("Name"), max_length=64, help_text=_("Shown in the list of models."))
    base_url = forms.CharField(label=_("Address"), max_length=500, required=False)
    api_key = forms.CharField(
        label=_("Key"), max_length=MAX_KEY_LENGTH, widget=forms.PasswordInput({"autocomplete": "off"})
    )

    def __init__(self, data: Any = None, *, preset: Preset) -> None:
        super().__init__(data, initial={"name": str(preset.label), "base_url": preset.base_url})
        if not preset.asks_address:
            del self.fields["base_url"]
        self.fields["api_key"].required = preset.needs_key
        if not preset.needs_key:
            self.fields["api_key"].help_text = _("Leave it empty if the server doesn't need one.")


class ModelsForm(forms.Form):
    first = forms.ChoiceField(label=_("Default model"), required=False)
    models = forms.MultipleChoiceField(
        label=_("Available models"), required=False, widget=forms.CheckboxSelectMultiple()
    )
    more = forms.CharField(
        label=_("More models"),
        required=False,
        max_length=4_000,
        help_text=_("The provider's names for them, separated by commas."),
    )

    def __init__(self, data: Any = None, *, offered: tuple[str, ...], chosen: tuple[str, ...]) -> None:
        shown = tuple(dict.fromkeys([*chosen, *offered]))[:MAX_SHOWN_MODELS]
        super().__init__(data, initial={"models": list(chosen), "first": next(iter(chosen), "")})
        for name in ("first", "models"):
            self.fields[name].choices = [(model, model) for model in shown]  # type: ignore[attr-defined]
        if not shown:
            del self.fields["first"], self.fields["models"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not self.names():
            self.add_error("more", _("Choose at least one model, or enter its name."))
        return data

    def names(self) -> tuple[str, ...]:
        """Return the chosen models, the one that new chats begin with first."""
        data = self.cleaned_data
        typed = [name.strip() for name in data.get("more", "").split(",") if name.strip()]
        ticked = data.get("models", [])
        first = [data["first"]] if data.get("first") and (ticked or not typed) else []
        return tuple(dict.fromkeys([*first, *ticked, *typed]))
