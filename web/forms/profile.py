"""The form of a person's name and username."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models.user import can_be_seen


class ProfileForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        validators=[can_be_seen],
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    username = forms.CharField(
        label=_("Username"),
        max_length=80,
        required=False,
        validators=[can_be_seen],
        help_text=_("Shown to others. You sign in with your email address."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
