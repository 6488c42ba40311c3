"""Renders messages to HTML: cheap parts at once, the rest by workers, within limits (`web.rendering.results`)."""

from collections.abc import Callable, Iterable

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, pgettext

from web.rendering.jobs import Job, Jobs, RenderedDraft, fill
from web.rendering.markdown import draft
from web.rendering.results import draw, known
from web.rendering.text import normalise
from web.rendering.words import Words

MAX_INLINE_CHARACTERS = 20_000  # characters; the parser is linear, and a longer text goes to a worker all the same


def render(text: str) -> SafeString:
    """Return `text`, written by a model or another untrusted hand, as sanitised HTML."""
    return mark_safe(fill_in(draft_of(text)))  # noqa: S308 (sanitised piece by piece)


def draft_of(text: str) -> RenderedDraft:
    """Return what `render` makes of `text`, with marks for what takes longer. Takes a moment, whatever the text."""
    text, words = normalise(text), words_in_use()
    if len(text) > MAX_INLINE_CHARACTERS:
        return RenderedDraft.of(Job("document", text, words.to_json()))
    return draft(text, words)


def fill_in(draft: RenderedDraft) -> str:
    """Return the draft's HTML with all that could be drawn in time; the rest is plain."""
    drawn = draw(draft.jobs.values()) if draft.jobs else {}
    shown = {key: fill_in(drawn[key]) if key in drawn else job.plain for key, job in draft.jobs.items()}
    return fill(draft.html, shown)


def fill_known(html: str, jobs: Jobs, *, encode: Callable[[str], str]) -> str:
    """Return `html` with what this process knows already; the rest is plain."""
    return fill(html, _shown(jobs), encode=encode)


def _shown(jobs: Jobs) -> dict[str, str]:
    drawn = known(jobs.values())
    return {
        key: fill(drawn[key].html, _shown(drawn[key].jobs)) if key in drawn else job.plain for key, job in jobs.items()
    }


def unknown(jobs: Iterable[Job]) -> list[Job]:
    """Return the jobs among `jobs`, and within the documents among them, that this process does not know yet."""
    listed = list(jobs)
    drawn = known(listed)
    missing = [job for job in listed if job.key not in drawn]
    inner = [job for draft in drawn.values() for job in draft.jobs.values()]
    return missing + (unknown(inner) if inner else [])


def words_in_use() -> Words:
    """Return the renderer's words in the language of the reader."""
    return Words(
        copy=pgettext("code block", "Copy"),
        table=gettext("Table"),
        image=gettext("Image"),
        done=gettext("Done"),
        to_do=gettext("To do"),
        note=gettext("Note"),
        tip=gettext("Tip"),
        important=gettext("Important"),
        warning=gettext("Warning"),
        caution=gettext("Caution"),
    )
