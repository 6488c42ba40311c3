"""What templates need beside Django's own tags."""

from datetime import datetime

from django import template
from django.forms import BoundField
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """Return an icon of `components/sprite.html`. It says nothing to a screen reader: the control has the name."""
    return format_html('<svg class="icon {}" aria-hidden="true"><use href="#i-{}"/></svg>', extra, name)


@register.filter
def initials(name: str) -> str:
    """Return the first letters of the first and the last word, for an avatar."""
    words = name.split()
    letters = [word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)]
    return "".join(letters).upper()


@register.simple_tag
def moment(value: datetime) -> SafeString:
    """Return a time as people say it: the hour today, else the day; the whole of it when pointed at."""
    local = timezone.localtime(value)
    today = local.date() == timezone.localdate()
    words = time_format(local, "H:i") if today else date_format(local, "SHORT_DATE_FORMAT")
    whole = date_format(local, "DATETIME_FORMAT")
    return format_html('<time datetime="{}" title="{}">{}</time>', local.isoformat(timespec="seconds"), whole, words)


@register.filter
def as_input(field: BoundField) -> SafeString:
    """Return a form's control with its class, and tied to its help and its errors."""
    name = field.id_for_label
    about = [f"{name}_error"] if field.errors else []
    about += [f"{name}_help"] if field.help_text else []
    attributes: dict[str, str | bool] = {"class": "input"}
    if about:
        attributes["aria-describedby"] = " ".join(about)
    if field.errors:
        attributes["aria-invalid"] = "true"
    return field.as_widget(attrs=attributes)


@register.filter
def is_password(widget_type: str) -> bool:
    return widget_type == "password"
