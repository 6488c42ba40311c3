"""Which models a role may use, with their coefficients. Cached briefly in each process, because every turn needs it."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from accounts.models import ModelAccess
from core.ttl_cache import ttl_cache

ONE: Final = Decimal(1)


@dataclass(frozen=True, slots=True)
class RoleModels:
    """The rows of one role: (endpoint, model) → coefficient, or None where it is switched off. No rows: everything."""

    rows: dict[tuple[str, str], Decimal | None]

    def allows(self, endpoint: str, model: str) -> bool:
        return not self.rows or self._row(endpoint, model) is not None

    def coefficient(self, endpoint: str, model: str) -> Decimal:
        """Return what each credit counts for this role: 1 where nothing else is said."""
        coefficient = self._row(endpoint, model)
        return ONE if coefficient is None else coefficient

    def _row(self, endpoint: str, model: str) -> Decimal | None:
        return self.rows[endpoint, model] if (endpoint, model) in self.rows else self.rows.get(("", model))


@ttl_cache
def access_of(role: str) -> RoleModels:
    """Return what people of this role may use; one query when it has not been asked for a moment."""
    return access_by(rows_of(role))


def access_by(rows: Iterable[ModelAccess]) -> RoleModels:
    """Return what a role with these rows may use."""
    return RoleModels({(row.endpoint, row.model): row.coefficient if row.enabled else None for row in rows})


def rows_of(role: str) -> Iterable[ModelAccess]:
    return ModelAccess.objects.filter(role=role).order_by("endpoint", "model")
