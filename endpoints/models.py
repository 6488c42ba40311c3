"""Tables of people's own keys, and of the endpoints entered in the browser."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7


class UserKey(models.Model):
    """A person's own key to an endpoint. `value` is encrypted (`core.secrets`); read it by `endpoints.catalog.keys`.

    An endpoint is known by its name, since most stand in files. The value of a key that has expired is deleted soon;
    the row stays until the key is replaced, so that its person hears that it expired. `places` names where it may be
    sent (`endpoints.catalog.key_bindings`); empty: stored by an earlier release, and not used since.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="endpoint_keys")
    endpoint = models.CharField(max_length=128)
    value = models.TextField(blank=True)
    places = models.TextField(blank=True, default="", db_default="", editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "endpoint"], name="one_key_per_endpoint")]

    def __str__(self) -> str:
        return f"{self.endpoint} of {self.user_id}"


class OperatorEndpoint(models.Model):
    """An endpoint that an administrator entered in the browser. `api_key` is encrypted; `key_end` may be shown.

    With `key_from_user` everybody brings a key of their own, and without `base_url` the address too.
    """

    class Kind(models.TextChoices):
        """The protocol that the endpoint speaks."""

        CUSTOM = "custom", _("OpenAI-compatible")
        OPENAI = "openAI", "OpenAI"
        ANTHROPIC = "anthropic", "Anthropic"
        GOOGLE = "google", "Google Gemini"
        OTHER = "other", _("Another provider, through litellm")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices, default=Kind.CUSTOM)
    provider = models.CharField(
        _("provider"),
        max_length=40,
        blank=True,
        validators=[RegexValidator(r"\A[a-z0-9_]+\Z", _("Use lowercase letters, digits and _"))],
        help_text=_("For another provider: its model prefix in litellm, such as cohere_chat."),
    )
    name = models.CharField(
        _("name"),
        max_length=64,
        unique=True,
        validators=[
            RegexValidator(r"\A[^\W_](?:[\w .:()&+-]*[\w).+])?\Z", _("Use letters, digits, spaces and . : ( ) & + - _"))
        ],
        help_text=_(
            "Shown to people. An endpoint with this name in librechat.yaml or the environment takes precedence."
        ),
    )
    base_url = models.CharField(
        _("address"),
        max_length=500,
        blank=True,
        help_text=_(
            "Such as https://api.example.com/v1. Leave empty to use the provider's address, or each person's own."
        ),
    )
    api_key = models.TextField(_("key"), blank=True)
    key_end = models.CharField(max_length=4, blank=True, editable=False)
    key_from_user = models.BooleanField(_("everyone uses their own key"), default=False)
    model_names = ArrayField(models.CharField(max_length=256), verbose_name=_("models"), default=list, blank=True)
    fetch_models = models.BooleanField(
        _("offer every model the provider lists"), default=False, help_text=_("Models named here come first.")
    )
    is_enabled = models.BooleanField(_("enabled"), default=True)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("endpoint"), _("endpoints")
        ordering = ("order", "name")

    def __str__(self) -> str:
        return self.name
