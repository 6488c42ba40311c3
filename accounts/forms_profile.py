"""What a person is called, as a form."""

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

_PRINTABLE = RegexValidator(r"^[^\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]*$", _("Use letters that can be seen."))


class ProfileForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        validators=[_PRINTABLE],
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    username = forms.CharField(
        label=_("Username"),
        max_length=80,
        required=False,
        validators=[_PRINTABLE],
        help_text=_("A short name others know you by. You sign in with your e-mail address."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
