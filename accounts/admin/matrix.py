"""The permission matrix: what each role permits and which models it may use, as check boxes."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.models import ModelAccess, Role, User
from accounts.services import model_access as access
from accounts.services import permission_labels, permissions, roles


@dataclass(frozen=True, slots=True)
class Cell:
    """A check box, and for a model its coefficient. `label` says to the ear what row and column say to the eye."""

    name: str
    label: str
    is_on: bool
    coefficient: str = ""


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """`title` is said once, at the first row of its kind."""

    kind: str
    bit: str
    cells: list[Cell]
    label: str
    title: str = ""
    hint: str = ""


class Matrix:
    """The matrix of these roles. `permissions_in` and `save` read a form that was sent back."""

    def __init__(self, shown_roles: list[Role]) -> None:
        self.roles = shown_roles

    @property
    def permission_rows(self) -> list[MatrixRow]:
        held = {role.name: permissions.permissions_of(role) for role in self.roles}
        rows, last = [], ""
        for kind, bit in permission_labels.WORDS:
            cells = [self._cell(role, kind, bit, held[role.name][kind][bit]) for role in self.roles]
            title = permission_labels.title_of(kind) if kind != last else ""
            rows.append(MatrixRow(kind, bit, cells, permission_labels.words_of(kind, bit), title, f"{kind}.{bit}"))
            last = kind
        return rows

    @property
    def model_rows(self) -> list[MatrixRow]:
        """One row for each model that any role says something of."""
        rows = ModelAccess.objects.filter(role__in=self.roles).order_by("endpoint", "model")
        said = {(row.role_id, row.endpoint, row.model): row for row in rows}
        limited = {role for role, _endpoint, _model in said}
        models = dict.fromkeys((row.endpoint, row.model) for row in rows)
        return [
            MatrixRow(
                endpoint,
                model,
                [self._model_cell(role, endpoint, model, said, limited) for role in self.roles],
                f"{endpoint} / {model}" if endpoint else model,
            )
            for endpoint, model in models
        ]

    def permissions_html(self) -> SafeString:
        """Return the table of permissions; a hidden field names each role that the form shows."""
        shown = format_html_join("", '<input type="hidden" name="matrix" value="{}">', ((r.name,) for r in self.roles))
        return shown + self._table(self.permission_rows, _("Permission"), _("Permissions by role"))

    def models_html(self) -> SafeString:
        """Return the table of models; nothing where no role says anything of one."""
        rows = self.model_rows
        return self._table(rows, _("Model"), _("Models by role")) if rows else SafeString()

    def _table(self, rows: list[MatrixRow], heading: str, label: str) -> SafeString:
        context = {"roles": self.roles, "rows": rows, "heading": heading, "label": label}
        return render_to_string("admin/accounts/matrix_table.html", context)

    def permissions_in(self, data: QueryDict, role: Role) -> dict[str, dict[str, bool]]:
        """Return the permissions that the form showed, as they were ticked."""
        ticked_bits: dict[str, dict[str, bool]] = {}
        for kind, bit in permission_labels.WORDS:
            ticked_bits.setdefault(kind, {})[bit] = f"p|{role.name}|{kind}|{bit}" in data
        return ticked_bits

    def save(self, data: QueryDict, *, actor: User) -> int:
        """Save all roles that the form showed, or none; return how many changed. Raises `RoleRefused`."""
        changed = 0
        with transaction.atomic():
            models = self.model_rows
            for number, role in enumerate(self.roles):
                if role.name not in data.getlist("matrix"):
                    continue  # made after the form was opened
                before = roles.to_plain(role)
                wanted = self._models_in(data, models, number, role)
                saved = roles.update(
                    actor=actor, role=role, permissions_=self.permissions_in(data, role), model_access=wanted
                )
                changed += roles.to_plain(saved) != before
        return changed

    def _models_in(self, data: QueryDict, rows: list[MatrixRow], number: int, role: Role) -> dict[str, Any] | None:
        """Return the models as they were ticked; None for a role without a list that was left with every model."""
        wanted = {}
        for row in rows:
            cell, key = row.cells[number], f"{row.kind}/{row.bit}" if row.kind else row.bit
            if f"{cell.name}|c" in data:
                wanted[key] = {"enabled": cell.name in data, "coefficient": data[f"{cell.name}|c"] or "1"}
            else:  # not among what the form showed: as it is
                wanted[key] = {"enabled": cell.is_on, "coefficient": cell.coefficient}
        plain = all(entry["enabled"] and entry["coefficient"] == "1" for entry in wanted.values())
        return None if plain and not access.rows_of(role.name) else wanted

    def _cell(self, role: Role, kind: str, bit: str, is_on: bool) -> Cell:
        return Cell(f"p|{role.name}|{kind}|{bit}", f"{role.name}: {permission_labels.words_of(kind, bit)}", is_on)

    def _model_cell(
        self,
        role: Role,
        endpoint: str,
        model: str,
        said: dict[tuple[str, str, str], ModelAccess],
        limited: set[str],
    ) -> Cell:
        row = said.get((role.name, endpoint, model))
        is_on = row.enabled if row else role.name not in limited
        coefficient = f"{row.coefficient.normalize():f}" if row else "1"
        return Cell(f"m|{role.name}|{endpoint}|{model}", f"{role.name}: {model}", is_on, coefficient)
