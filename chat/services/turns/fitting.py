"""Refuses a message that exceeds the context window, before anything is stored or called, and says by how much."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from pydantic import ValidationError

from chat.services.model_settings import asked_with
from chat.services.refusal import TurnRefused
from chat.services.turns.resolved_model import ResolvedModel
from endpoints.catalog.facts import facts, vocabulary_of
from endpoints.parameters.request_fields import request_fields
from endpoints.services.tokens import estimate_message

CODE: Final = "INPUT_LENGTH"  # as the REST contract has it


def check_length(target: ResolvedModel, text: str, settings_of: Callable[[], Mapping[str, Any]]) -> None:
    """Raise `TurnRefused` (422) where the message alone is longer than a prompt may be.

    `settings_of` returns what the person has set: a window, or a longest reply that takes a part of it.
    """
    size, room = estimate_message(text, vocabulary_of(target.model)), _room(target, settings_of())
    if size <= room:
        return
    message = _(
        "The message is about %(size)d tokens long, and “%(model)s” takes at most %(room)d. Shorten it by "
        "about %(over)d tokens, or choose a model with a larger context window."
    )
    refusal = message % {"size": size, "model": target.model, "room": room, "over": size - room}
    raise TurnRefused(refusal, status=422, code=CODE, details={"info": f"{size} / {room}"})


def _room(target: ResolvedModel, settings: Mapping[str, Any]) -> int:
    endpoint = target.endpoint.for_model(target.model)
    try:
        chosen = asked_with(target.spec_name, settings)
    except ValidationError:  # of another release
        chosen = None
    if chosen is None:
        return facts(endpoint, target.model).usable(max_tokens=0, chosen=None)
    mapped = request_fields(endpoint, target.model, chosen.values)
    known = facts(endpoint, target.model)
    return known.usable(max_tokens=mapped.max_tokens, chosen=chosen.get("maxContextTokens"))
