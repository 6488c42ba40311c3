"""Rendering jobs for the worker processes (`web.rendering.worker`): code, formulas and long texts.

These need a process of their own, because only a process can be killed. Until a job is done, a mark stands in for it in
the HTML, which the sanitiser treats as a word.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_hex
from typing import Literal

from web.rendering.text import escape

Kind = Literal["code", "inline", "block", "document"]

MAX_CODE_CHARACTERS = 30_000  # characters; a longer block is shown plain
MAX_TEX_CHARACTERS = 2_000
# Nobody who writes a text can guess it, so nobody can write a mark.
TOKEN = f"j{token_hex(12)}"
_ANY = "\0"  # for a process' own token, in what goes from one process to another; no text holds it
MARK = re.compile(TOKEN + r"([0-9a-f]{32})")


@dataclass(frozen=True, slots=True)
class Job:
    """Something to draw. `detail` is the language of code, the words of the page (`Words.to_json`) of a document."""

    kind: Kind
    source: str
    detail: str = ""
    key: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        content = "\0".join((self.kind, self.detail, self.source))
        object.__setattr__(self, "key", sha256(content.encode()).hexdigest()[:32])

    @property
    def mark(self) -> str:
        return TOKEN + self.key

    @property
    def plain(self) -> str:
        """What is shown of a job that is not, or cannot be, drawn."""
        if self.kind == "code":
            return escape(self.source)
        if self.kind == "document":
            return f'<p class="raw" dir="auto">{escape(self.source)}</p>'
        return f'<code class="tex">{escape(self.source)}</code>'


Jobs = dict[str, Job]  # by their keys


@dataclass(slots=True)
class RenderedDraft:
    """Sanitised HTML with marks, and the jobs they stand for."""

    html: str = ""
    jobs: Jobs = field(default_factory=dict)

    @classmethod
    def of(cls, job: Job) -> "RenderedDraft":
        return cls(job.mark, {job.key: job})

    @classmethod
    def join(cls, drafts: Iterable["RenderedDraft"]) -> "RenderedDraft":
        whole, pieces = cls(), []
        for draft in drafts:
            pieces.append(draft.html)
            whole.jobs.update(draft.jobs)
        whole.html = "".join(pieces)
        return whole


def fill(html: str, shown: Mapping[str, str], *, encode: Callable[[str], str] = str) -> str:
    """Put what is shown of each job in the place of its mark."""
    return MARK.sub(lambda match: encode(shown.get(match[1], "")), html) if TOKEN in html else html


def keys_in(html: str) -> list[str]:
    """Return the keys of the jobs whose marks are in `html`."""
    return list(dict.fromkeys(MARK.findall(html))) if TOKEN in html else []


def for_others(html: str) -> str:
    """Return `html` with marks that another process can make its own."""
    return html.replace(TOKEN, _ANY)


def from_others(html: str) -> str:
    """Return `html` of another process with marks of this one."""
    return html.replace(_ANY, TOKEN)
