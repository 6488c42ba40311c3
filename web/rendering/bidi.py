"""The direction of a block of text: that of most of its words, ignoring code, formulas and URLs."""

import re
from dataclasses import dataclass

from web.rendering.addresses import ADDRESS

OPEN = ' dir="auto"'
_LEFTWARD = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
_WORD = re.compile(rf"([{_LEFTWARD}]+)|(?:(?![{_LEFTWARD}])[^\W\d_])+")
# The first bytes, in UTF-8, of what `_LEFTWARD` has.
_LEFTWARD_BYTES = re.compile(rb"[\xd6-\xdf]|\xe0[\xa0-\xa3]|\xef[\xac-\xbb]|\xf0[\x90\x9e]")


def runs_left(source: bytes) -> bool:
    """Whether a text may have letters that run from right to left."""
    return _LEFTWARD_BYTES.search(source) is not None


@dataclass(slots=True)
class Count:
    """The words of one container, whose start tag stands at `index` of what is written."""

    index: int
    leftward: int = 0
    word_count: int = 0
    begins_leftward: bool = False

    def read(self, text: str) -> None:
        directions = _WORD.findall(ADDRESS.sub("", text))
        self._count(sum(map(bool, directions)), len(directions), begins_leftward=bool(directions and directions[0]))

    def add(self, inner: "Count") -> None:
        self._count(inner.leftward, inner.word_count, begins_leftward=inner.begins_leftward)

    def _count(self, leftward: int, word_count: int, *, begins_leftward: bool) -> None:
        self.begins_leftward = begins_leftward if not self.word_count else self.begins_leftward
        self.leftward += leftward
        self.word_count += word_count

    def settle(self, start: str) -> str:
        """Return the start tag with its direction; without words the browser decides.

        What begins from the right runs so when more than a third of its words do: names and terms are often Latin.
        """
        if not self.word_count:
            return start
        runs_left = self.leftward * 3 > self.word_count if self.begins_leftward else self.leftward * 2 > self.word_count
        direction = "rtl" if runs_left else "ltr"
        return start.replace(OPEN, f' dir="{direction}"', 1)
