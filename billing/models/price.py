"""Prices set by administrators."""

from decimal import Decimal
from functools import reduce
from operator import and_

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from billing.services.pricing import UNITS

_BOUNDS = [MinValueValidator(0), MaxValueValidator(1_000_000)]


def _rate() -> "models.DecimalField[Decimal | None, Decimal | None]":
    return models.DecimalField(max_digits=16, decimal_places=9, validators=_BOUNDS, null=True, blank=True)


def _is_rate(name: str) -> Q:
    return Q(**{name: None}) | Q(**{f"{name}__gte": 0, f"{name}__lte": 1_000_000})


class Price(models.Model):
    """What a model costs: its tokens in USD per million, everything else in USD each. Before every other source.

    An empty `endpoint` means the model at whichever endpoint offers it. A missing cache rate is the prompt's, that of
    an hour the cache's; what is missing otherwise costs nothing.
    """

    endpoint = models.CharField(max_length=128, blank=True)
    model = models.CharField(max_length=256)
    prompt = models.DecimalField(max_digits=16, decimal_places=8, validators=_BOUNDS)
    completion = models.DecimalField(max_digits=16, decimal_places=8, validators=_BOUNDS)
    cache_read = models.DecimalField(max_digits=16, decimal_places=8, validators=_BOUNDS, null=True, blank=True)
    cache_write = models.DecimalField(max_digits=16, decimal_places=8, validators=_BOUNDS, null=True, blank=True)
    cache_write_1h = _rate()
    images = _rate()
    seconds = _rate()
    characters = _rate()
    pages = _rate()
    searches = _rate()
    calls = _rate()
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "model"], name="price_once"),
            models.CheckConstraint(
                condition=Q(prompt__gte=0, prompt__lte=1_000_000)
                & Q(completion__gte=0, completion__lte=1_000_000)
                & (Q(cache_read=None) | Q(cache_read__gte=0, cache_read__lte=1_000_000))
                & (Q(cache_write=None) | Q(cache_write__gte=0, cache_write__lte=1_000_000)),
                name="price_in_bounds",
            ),
            models.CheckConstraint(
                condition=reduce(and_, map(_is_rate, ("cache_write_1h", *UNITS))), name="price_of_units_in_bounds"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint or '*'}/{self.model}"
