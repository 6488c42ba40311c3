"""Base classes of all admin pages: appearance, messages for refusals, and the audit log."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext

from accounts.admin import stepup
from accounts.models import User
from accounts.services import audit
from core import csv_files
from core.refusal import Refusal

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin, TabularInline
else:
    from unfold.admin import ModelAdmin, TabularInline


MAX_NEW_ROWS = 100  # that one form may add to a table in it


class Rows(BaseInlineFormSet):  # type: ignore[type-arg]
    """The rows of a table in a form. However many a request says it has, only so many more than there are are drawn."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.absolute_max = len(self.get_queryset()) + MAX_NEW_ROWS


class InlineTable(TabularInline):  # type: ignore[type-arg]
    """Rows of another model inside a form."""

    extra = 0
    formset = Rows
    hide_title = True  # it would be the row's ids

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Say the column's name to the ear: the eye finds it above."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            field.widget.attrs["aria-label"] = str(field.label)
        return field


class Panel(ModelAdmin):  # type: ignore[type-arg]
    """A model's pages. Every change made through them is in the audit log, with before and after, and is made by
    somebody who has shown lately that it is them.

    By itself a panel writes rows and records that. Where a service makes the change, override `save_model` and
    `delete_model` to call it: services record by themselves. What they refuse is shown as a message.
    """

    show_full_result_count = False  # a count of a whole table may cost more than the page
    list_filter_submit = True
    warn_unsaved_form = True
    empty_words: ClassVar[Promise | str] = ""  # what a list without rows says instead of "Nothing here yet."
    audit_exclude: ClassVar[Sequence[str]] = ()  # columns that say nothing in the audit log

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        before = self._stored(obj) if change else {}
        super().save_model(request, obj, form, change)
        self.tell(request, "updated" if change else "created", obj, before, self._stored(obj))
        self.after_change()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        before, target = self._stored(obj), self._target(obj)
        with transaction.atomic():
            super().delete_model(request, obj)
            audit.record(actor=actor_of(request), action=f"{target.type}.deleted", target=target, before=before)
        self.after_change()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        with transaction.atomic():
            for obj in queryset:
                self.delete_model(request, obj)

    def after_change(self) -> None:
        """For what processes remember of the rows."""

    def tell(self, request: HttpRequest, verb: str, obj: Model, before: dict[str, Any], after: dict[str, Any]) -> None:
        """Write what differs into the audit log; nothing, when nothing does."""
        old, new = audit.changes(before, after)
        if new:
            target = self._target(obj)
            action = f"{target.type}.{verb}"
            audit.record(actor=actor_of(request), action=action, target=target, before=old if before else {}, after=new)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if self._writes(request) and (again := stepup.refusal(request)):
            return again
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Refusal as refusal:
            return self._refused(request, refusal)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if again := stepup.refusal(request):
            return again
        try:
            return super().delete_view(request, *args, **kwargs)
        except Refusal as refusal:
            return self._refused(request, refusal)

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *args: Any) -> Any:
        try:
            with transaction.atomic():
                return super().response_action(request, queryset, *args)
        except Refusal as refusal:
            return self._refused(request, refusal)

    def _writes(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request) or self.has_change_permission(request)

    def _refused(self, request: HttpRequest, refusal: Refusal) -> HttpResponse:
        messages.error(request, refusal.message)
        return HttpResponseRedirect(request.get_full_path())

    def _stored(self, obj: Model) -> dict[str, Any]:
        """Return the row as the database has it; secrets are replaced when it is recorded."""
        names = [field.attname for field in self.model._meta.concrete_fields if field.name not in self.audit_exclude]
        return self.model._default_manager.filter(pk=obj.pk).values(*names).first() or {}

    def _target(self, obj: Model) -> audit.AuditTarget:
        return audit.AuditTarget(str(self.model._meta.model_name), str(obj.pk), str(obj))


class TheOne(Panel):
    """A model with one row at most: its list is its form. The form of a row that is not there yet is empty.

    What is empty is as the file and the environment say: `elsewhere` returns that, by field.
    """

    def elsewhere(self) -> Mapping[str, object]:
        raise NotImplementedError

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Show what holds while the field is empty."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        value = self.elsewhere().get(db_field.name)
        if field is None or value is None:
            return field
        label = gettext("Default from config (%(now)s)")
        if isinstance(value, bool):
            now = {"now": gettext("yes") if value else gettext("no")}
            field.widget.choices = [("unknown", label % now), ("true", gettext("Yes")), ("false", gettext("No"))]
        elif db_field.choices:
            options = dict(db_field.flatchoices)
            field.widget.choices = [("", label % {"now": options.get(value, value)}), *options.items()]
        else:
            field.widget.attrs["placeholder"] = str(value)
        return field

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Call it what it is: there is nothing to select."""
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "title": str(self.model())})

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", "1")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        return self.model._default_manager.first() or self.model()

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        messages.success(request, gettext("Settings saved."))
        return HttpResponseRedirect(request.path)


class ReadOnly(Panel):
    """A model whose rows are only looked at."""

    actions: Any = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def actor_of(request: HttpRequest) -> User:
    """Return who is at work; nobody but administrators gets here."""
    assert isinstance(request.user, User)  # noqa: S101
    return request.user


def as_csv(name: str, head: Sequence[object], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """Return a table as a file for spreadsheets, in which no cell is a formula."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response.writelines(csv_files.lines(head, rows))
    return response
