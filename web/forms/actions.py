"""Forms of the actions on a conversation."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from chat.models import Bookmark, Project
from chat.services.organise.bookmarks import DESCRIPTION_LIMIT, NAME_LIMIT
from chat.services.organise.bulk import MAX_CHOSEN
from chat.services.organise.projects import LIMITS
from chat.services.tree.forking import OPTIONS

FORK_LABELS = {
    "directPath": _("Visible messages only (a branch from here)"),
    "includeBranches": _("Include related branches"),
    "targetLevel": _("All branches up to here"),
}


class BookmarksForm(forms.Form):
    """Which of the person's bookmarks a conversation bears, and perhaps a new one."""

    tags = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    new = forms.CharField(
        label=_("New bookmark"), required=False, max_length=NAME_LIMIT, widget=forms.TextInput({"autocomplete": "off"})
    )

    def __init__(self, *args: Any, bookmarks: list[Bookmark], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["tags"].choices = [(str(bookmark.id), bookmark.name) for bookmark in bookmarks]  # type: ignore[attr-defined]

    def new_names(self) -> list[str]:
        return [self.cleaned_data["new"]] if self.cleaned_data["new"].strip() else []


class MoveForm(forms.Form):
    """The project a conversation goes to, perhaps a new one."""

    project = forms.ChoiceField(required=False, widget=forms.RadioSelect)
    new = forms.CharField(
        label=_("New project"),
        required=False,
        max_length=LIMITS["name"],
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, projects: list[Project], **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [("", _("No project")), *((str(project.id), project.name) for project in projects)]
        self.fields["project"].choices = choices  # type: ignore[attr-defined]


class ForkForm(forms.Form):
    option = forms.ChoiceField(
        choices=[(option, FORK_LABELS[option]) for option in OPTIONS],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what to copy."), "invalid_choice": _("Choose one of the options.")},
    )
    split = forms.BooleanField(label=_("Start the fork at this message"), required=False)
    remember = forms.BooleanField(label=_("Remember this and fork without asking"), required=False)


class BulkForm(forms.Form):
    """What to do with which conversations; `project` or `tag` where the action needs one."""

    ACTIONS = (
        ("archive", _("Archive")),
        ("delete", _("Delete")),
        ("move", _("Move to a project")),
        ("tag", _("Bookmark")),
    )

    action = forms.ChoiceField(choices=ACTIONS, widget=forms.HiddenInput)
    ids = forms.MultipleChoiceField(
        widget=forms.MultipleHiddenInput, error_messages={"required": _("Choose a chat first.")}
    )
    project = forms.ChoiceField(label=_("Project"), required=False, widget=forms.RadioSelect)
    tag = forms.ChoiceField(label=_("Bookmark"), required=False, widget=forms.RadioSelect)

    def __init__(self, *args: Any, projects: list[Project], bookmarks: list[Bookmark], **options: Any) -> None:
        super().__init__(*args, **options)
        known: dict[str, list[tuple[str, Any]]] = {
            "project": [("none", _("No project")), *((str(project.id), project.name) for project in projects)],
            "tag": [(str(bookmark.id), bookmark.name) for bookmark in bookmarks],
        }
        for name, choices in known.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        self.fields["ids"].valid_value = lambda value: True  # type: ignore[attr-defined]  # the service knows whose

    def clean_ids(self) -> list[UUID]:
        try:
            ids = [UUID(text) for some in self.cleaned_data["ids"] for text in some.split(",")]
        except ValueError:
            raise forms.ValidationError(_("Choose a chat first.")) from None
        if len(ids) > MAX_CHOSEN:
            message = ngettext(
                "At most %(limit)d chat can be changed at once.",
                "At most %(limit)d chats can be changed at once.",
                MAX_CHOSEN,
            )
            raise forms.ValidationError(message % {"limit": MAX_CHOSEN})
        return ids

    @property
    def action_name(self) -> str:
        return str(self.data.get("action", ""))

    @property
    def is_complete(self) -> bool:
        """Whether all is chosen that the action needs."""
        needed = {"move": "project", "tag": "tag"}.get(self.cleaned_data["action"])
        return needed is None or bool(self.cleaned_data[needed])


class SureForm(forms.Form):
    """What is asked before everything goes: a word, typed."""

    sure = forms.CharField(max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["sure"].label = gettext("Type “%(word)s” to confirm") % {"word": gettext("delete")}

    def clean_sure(self) -> str:
        typed: str = self.cleaned_data["sure"]
        if typed.strip().strip("“”\"'").casefold() != gettext("delete").casefold():
            raise forms.ValidationError(gettext("Type the word exactly as shown above."))
        return typed


class BookmarkForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=NAME_LIMIT,
        error_messages={"required": _("Enter a name.")},
        widget=forms.TextInput({"autocomplete": "off", "autofocus": True}),
    )
    description = forms.CharField(
        label=_("Description"), max_length=DESCRIPTION_LIMIT, required=False, widget=forms.Textarea({"rows": 2})
    )


class ProjectForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=LIMITS["name"],
        error_messages={"required": _("Enter a name.")},
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    description = forms.CharField(
        label=_("Description"), max_length=LIMITS["description"], required=False, widget=forms.Textarea({"rows": 2})
    )
    instructions = forms.CharField(
        label=_("Instructions"),
        help_text=_("The model reads them before every message in this project's chats."),
        max_length=LIMITS["instructions"],
        required=False,
        widget=forms.Textarea({"rows": 5}),
    )
    model = forms.ChoiceField(
        label=_("Model for new chats"), required=False, help_text=_("Used for new chats in this project.")
    )

    def __init__(self, *args: Any, models: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["model"].choices = [("", _("Last used model")), *models]  # type: ignore[attr-defined]
