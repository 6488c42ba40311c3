"""How long a call waits for its model: one that reasons may be silent for many minutes before its first word."""

from typing import Final

from django.conf import settings

from endpoints.parameters.sets import additions
from endpoints.parameters.thinkers import asks_for_thoughts, reasons
from endpoints.providers.base import ModelRequest
from endpoints.transport.http import Timeouts

CONNECT: Final = 10  # seconds
TOTAL: Final = 3600  # seconds for the reply itself


def timeouts_of(request: ModelRequest) -> Timeouts:
    """Return how long the call may take. A reply that is not streamed sends its first byte when it is all written."""
    endpoint = request.endpoint
    thinks = reasons(endpoint, request.model) or asks_for_thoughts({**request.params, **additions(endpoint)})
    first = settings.REASONING_FIRST_WORD_SECONDS if thinks or not request.stream else settings.MODEL_FIRST_WORD_SECONDS
    return Timeouts(connect=CONNECT, first_byte=first, idle=settings.MODEL_SILENCE_SECONDS, total=TOTAL + first)
