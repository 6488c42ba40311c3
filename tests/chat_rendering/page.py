"""A browser reduced to what the stream needs: closed blocks, the open block, its tail."""

from web.rendering.stream import MarkdownStream, Patch

MARK = "data-tail"


class Page:
    """Applies patches as the page's script does."""

    def __init__(self) -> None:
        self.closed = ""
        self.open = ""

    @property
    def html(self) -> str:
        return self.closed + self.open

    def apply(self, patch: Patch) -> None:
        self.closed = patch.closed if patch.replace else self.closed + patch.closed
        if patch.open is not None:
            self.open = patch.open
        if patch.tail is not None:
            self._append(patch.tail)

    def _append(self, tail: str) -> None:
        assert self.open.count(MARK) == 1, "an open block has one place to go on"
        start = self.open.index(">", self.open.index(MARK)) + 1
        name = self.open[self.open.rindex("<", 0, start) + 1 : start].split()[0]
        end = self.open.index(f"</{name}>", start)
        self.open = self.open[:end] + tail + self.open[end:]


def play(pieces: list[str]) -> tuple[Page, MarkdownStream]:
    """Stream `pieces` onto a page, to the end."""
    page, stream = Page(), MarkdownStream()
    for piece in pieces:
        page.apply(stream.feed(piece))
    page.apply(stream.finish())
    return page, stream


def cut(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]
