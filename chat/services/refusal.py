"""Reasons why a turn cannot start."""

from core.refusal import Refusal


class TurnRefused(Refusal):
    """The turn, or what is done to a message or chat, cannot be. `code` names the reason to clients."""
