"""Prices of what is not counted in tokens. The release before writes rows without them."""

import functools
import operator

import django.core.validators
from django.db import migrations, models
from django.db.models import Q

UNITS = ("images", "seconds", "characters", "pages", "searches", "calls")
COLUMNS = ("cache_write_1h", *UNITS)


def _rate() -> models.DecimalField:
    bounds = [django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(1_000_000)]
    return models.DecimalField(blank=True, decimal_places=9, max_digits=16, null=True, validators=bounds)


def _is_rate(name: str) -> Q:
    return Q((name, None)) | Q((f"{name}__gte", 0), (f"{name}__lte", 1_000_000))


class Migration(migrations.Migration):
    dependencies = [("billing", "0013_calls_of_a_hold")]

    operations = [
        *(migrations.AddField("price", name, _rate()) for name in COLUMNS),
        migrations.AddConstraint(
            "price",
            models.CheckConstraint(
                condition=functools.reduce(operator.and_, map(_is_rate, COLUMNS)), name="price_of_units_in_bounds"
            ),
        ),
    ]
