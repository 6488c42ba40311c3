"""Template tags and filters beyond Django's own."""

import json
from datetime import datetime
from functools import lru_cache

from django import template
from django.conf import settings
from django.forms import BoundField
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import permissions, site
from accounts.services.preferences import Preferences, preferences_of
from web.rendering.message import render

register = template.Library()


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """Return an icon of `components/sprite.html`. It says nothing to a screen reader: the control has the name."""
    return format_html('<svg class="icon {}" aria-hidden="true"><use href="#i-{}"/></svg>', extra, name)


@register.simple_tag
def modules() -> SafeString:
    """Return the import map's object: every script that others import, by its name, as `parley/<name>`."""
    folder = settings.BASE_DIR / "static" / "js" / "lazy"
    names = ["page", *(f"lazy/{path.stem}" for path in sorted(folder.glob("*.js")))]
    addresses = {f"parley/{name.rpartition('/')[2]}": static(f"js/{name}.js") for name in names}
    return mark_safe(json.dumps(addresses))  # noqa: S308


@register.simple_tag
def shortcut_names() -> list[tuple[str, str]]:
    """Return the actions of `static/js/shortcuts/actions.js` and what people call them."""
    return [
        ("shortcuts", _("Show the shortcuts")),
        ("newChat", _("New chat")),
        ("focusComposer", _("Go to the message box")),
        ("submit", _("Send")),
        ("search", _("Search chats")),
        ("models", _("Choose a model")),
        ("toggleSidebar", _("Open or close the sidebar")),
        ("settings", _("Settings")),
        ("bookmark", _("Bookmarks")),
        ("stop", _("Stop the reply")),
        ("regenerate", _("Regenerate the reply")),
        ("continueReply", _("Continue the reply")),
        ("editLast", _("Edit the last message")),
        ("copyReply", _("Copy the last reply")),
        ("copyCode", _("Copy the last code block")),
        ("scrollTop", _("Go to the top")),
        ("scrollBottom", _("Go to the bottom")),
        ("archive", _("Archive the chat")),
        ("deleteChat", _("Delete the chat")),
    ]


@register.simple_tag
def counted_words() -> str:
    """Return what the scripts say with a number, as JSON: the sentence of each of the language's plural forms."""

    def sentences(number: int) -> dict[str, str]:
        return {
            "selected": ngettext("%(count)s chat selected", "%(count)s chats selected", number),
            "suggested": ngettext(
                "%(count)s model. Use the arrow keys to choose and Enter to select.",
                "%(count)s models. Use the arrow keys to choose and Enter to select.",
                number,
            ),
        }

    # A number of each category that `Intl.PluralRules` knows, in any language that has it.
    samples = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}
    return json.dumps({category: sentences(number) for category, number in samples.items()}, ensure_ascii=False)


@register.simple_tag(takes_context=True)
def welcome(context: template.Context) -> str:
    """Return the administrators' greeting for the person who asks; empty where there is none."""
    return site.current().welcome.replace("{{user.name}}", getattr(context["request"].user, "name", ""))


@register.simple_tag(takes_context=True)
def preferences(context: template.Context) -> Preferences:
    """Return what the person who asks prefers; the defaults where there is no request, as in the websocket."""
    user = getattr(context.get("request"), "user", None)
    return preferences_of(user) if isinstance(user, User) else Preferences()


@register.simple_tag(takes_context=True)
def allowed(context: template.Context, kind: str) -> bool:
    """Whether the role of the person who asks may use this."""
    user = getattr(context.get("request"), "user", None)
    return isinstance(user, User) and permissions.may(user, kind)


@register.simple_tag(takes_context=True)
def unfolded(context: template.Context, key: str) -> str:
    """Return the attribute of a section that is open; the cookie `folded` says which ones are not."""
    request = context.get("request")
    folded = request.COOKIES.get("folded", "").split(".") if request else []
    return "" if key in folded else " open"


@register.filter
def markdown(text: str) -> SafeString:
    """Return Markdown as sanitised HTML."""
    return render(text)


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
    is_today = local.date() == timezone.localdate()
    return _moment(local.isoformat(timespec="seconds"), is_today, get_language())


@lru_cache(4096)
def _moment(local: str, is_today: bool, language: str | None) -> SafeString:
    """Return the same time in the same words without putting them together again. `language` is the one in use."""
    value = datetime.fromisoformat(local)
    short = time_format(value, "H:i") if is_today else date_format(value, "SHORT_DATE_FORMAT")
    whole = date_format(value, "DATETIME_FORMAT")
    return format_html('<time datetime="{}" title="{}">{}</time>', local, whole, short)


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
    if field.form.errors:  # the first fault is where the work goes on
        faulty = (control.name for control in field.form.visible_fields() if control.errors)
        attributes["autofocus"] = field.name == next(faulty, None)
    return field.as_widget(attrs=attributes)


@register.filter
def is_password(widget_type: str) -> bool:
    return widget_type == "password"
