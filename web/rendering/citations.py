"""Converts providers' citation markers to references that a person can read."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from messages.parts import Attachment, Part, plain_text

# Some models write the private-use characters themselves, others their escapes.
_CODES = {"open": ("\ue200", r"\\ue200"), "close": ("\ue201", r"\\ue201"), "mark": ("\ue202", r"\\ue202")}
_MARK = re.compile(
    rf"(?:{'|'.join(_CODES['mark'])})turn(?P<turn>\d{{1,4}})(?P<kind>[a-z]{{1,12}})(?P<index>\d{{1,4}})"
    r"|【(?P<number>\d{1,4})(?::\d{1,4})?†[^】\n]{0,200}】"
)
_WRAPPER = re.compile("[\ue200-\ue206]|" + r"\\ue20[0-6]")
_LISTS = {"search": "organic", "news": "topStories", "ref": "references", "image": "images", "file": "sources"}


@dataclass(slots=True)
class _References:
    """The sources in the order in which they are cited first."""

    by_place: dict[tuple[int, str, int], str]
    in_order: list[str]
    cited: list[str] = field(default_factory=list)

    def number(self, match: re.Match[str]) -> str:
        if match["number"]:
            index = int(match["number"]) - 1
            source = self.in_order[index] if 0 <= index < len(self.in_order) else None
        else:
            source = self.by_place.get((int(match["turn"]), match["kind"], int(match["index"])))
        if source is None:
            return ""
        if source not in self.cited:
            self.cited.append(source)
        return f"[{self.cited.index(source) + 1}]"


def readable(parts: Sequence[Part]) -> str:
    """Return the text parts with markers as “[1]” and the sources listed below; a marker without a source goes."""
    text = plain_text(parts)
    if not (_MARK.search(text) or _WRAPPER.search(text)):
        return text
    by_place = dict(_sources(parts))
    references = _References(by_place, list(dict.fromkeys(by_place.values())))
    text = _WRAPPER.sub("", _MARK.sub(references.number, text))
    if not references.cited:
        return text
    listed = "\n".join(f"[{number}] {source}" for number, source in enumerate(references.cited, 1))
    return f"{text}\n\n{listed}"


def _sources(parts: Sequence[Part]) -> Iterator[tuple[tuple[int, str, int], str]]:
    """Yield each source of the attachments with the place by which a marker names it."""
    for attached in (part.data for part in parts if isinstance(part, Attachment)):
        turn = attached.get("turn", 0)
        for kind, name in _LISTS.items():
            listed = attached.get(name)
            for index, source in enumerate(listed if isinstance(listed, list) else []):
                if isinstance(source, dict) and (text := _text_of(source)):
                    yield (turn, kind, index), text


def _text_of(source: dict[str, Any]) -> str:
    title = source.get("title") or source.get("fileName") or source.get("filename") or ""
    address = source.get("link") or source.get("url") or ""
    return " – ".join(text for text in (str(title).strip(), str(address).strip()) if text)
