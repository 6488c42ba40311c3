"""Reasoning that a model writes into its text, between ``<think>`` and ``</think>`` at the very beginning."""

from collections.abc import Iterator

from endpoints.events import ReasoningDelta, TextDelta

_OPEN, _CLOSE = "<think>", "</think>"


class ThinkSplitter:
    """Tells reasoning from text however the tags are cut; what cannot be a tag any more is passed on at once."""

    def __init__(self) -> None:
        self._state = "start"
        self._held = ""

    def feed(self, text: str) -> Iterator[TextDelta | ReasoningDelta]:
        if self._state == "text":
            yield TextDelta(text)
            return
        self._held += text
        if self._state == "start":
            yield from self._start()
        if self._state == "thinking":
            yield from self._thinking()

    def finish(self) -> Iterator[TextDelta | ReasoningDelta]:
        """Pass on what was held back."""
        if self._held:
            yield ReasoningDelta(self._held) if self._state == "thinking" else TextDelta(self._held)
        self._held = ""

    def _start(self) -> Iterator[TextDelta]:
        seen = self._held.lstrip()
        if seen.startswith(_OPEN):
            self._state, self._held = "thinking", seen[len(_OPEN) :].lstrip("\n")
        elif not _OPEN.startswith(seen):
            held, self._held, self._state = self._held, "", "text"
            yield TextDelta(held)

    def _thinking(self) -> Iterator[TextDelta | ReasoningDelta]:
        thought, closed, rest = self._held.partition(_CLOSE)
        if closed:
            self._state, self._held = "text", ""
            if thought:
                yield ReasoningDelta(thought)
            if rest.lstrip("\n"):
                yield TextDelta(rest.lstrip("\n"))
            return
        keep = next((size for size in range(len(_CLOSE) - 1, 0, -1) if thought.endswith(_CLOSE[:size])), 0)
        ready, self._held = thought[: len(thought) - keep], thought[len(thought) - keep :]
        if ready:
            yield ReasoningDelta(ready)
