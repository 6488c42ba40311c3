"""Which way a block of text runs: as most of its letters do, whatever code, formulas and addresses are in it."""

import re
from dataclasses import dataclass

from chat.rendering.addresses import ADDRESS

OPEN = ' dir="auto"'
_LEFTWARD = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
_LETTER = re.compile(r"[^\W\d_]")
# The first bytes, in UTF-8, of what `_LEFTWARD` has.
_LEFTWARD_BYTES = re.compile(rb"[\xd6-\xdf]|\xe0[\xa0-\xa3]|\xef[\xac-\xbb]|\xf0[\x90\x9e]")


def runs_left(source: bytes) -> bool:
    """Whether a text may have letters that run from right to left."""
    return _LEFTWARD_BYTES.search(source) is not None


@dataclass(slots=True)
class Count:
    """The letters of one container, whose start stands at `place` of what is written."""

    place: int
    leftward: int = 0
    letters: int = 0

    def read(self, text: str) -> None:
        text = ADDRESS.sub("", text)
        self.leftward += len(_LEFTWARD.findall(text))
        self.letters += len(_LETTER.findall(text))

    def add(self, inner: "Count") -> None:
        self.leftward += inner.leftward
        self.letters += inner.letters

    def settle(self, start: str) -> str:
        """Return the start tag with its direction; without letters the browser decides."""
        if not self.letters:
            return start
        direction = "rtl" if self.leftward * 2 > self.letters else "ltr"
        return start.replace(OPEN, f' dir="{direction}"', 1)
