"""Timeouts of model calls: a model that reasons may be silent for many minutes before its first token."""

from typing import Final

from django.conf import settings

from endpoints.catalog.facts import facts
from endpoints.parameters.additions import additions
from endpoints.parameters.thoughts import asks_for_thoughts
from endpoints.providers.base import ModelRequest
from endpoints.transport.http import Timeouts

CONNECT: Final = 10  # seconds
TOTAL: Final = 3600  # seconds for the reply itself


def timeouts_of(request: ModelRequest) -> Timeouts:
    """Return how long the call may take. A reply that is not streamed sends its first byte when it is all written."""
    endpoint = request.endpoint
    thinks = facts(endpoint, request.model).thinks or asks_for_thoughts(
        {**request.params, **additions(endpoint.parameters)}
    )
    first = settings.REASONING_FIRST_WORD_SECONDS if thinks or not request.stream else settings.MODEL_FIRST_WORD_SECONDS
    return Timeouts(connect=CONNECT, first_byte=first, idle=settings.MODEL_SILENCE_SECONDS, total=TOTAL + first)
