"""What people read is plain English: none of the phrases that read like a translation comes back."""

import re
from collections.abc import Iterator

import pytest

from tests.house import ROOT, sources

STILTED = (
    "will stand here", "any more", "for good", "nobody is", "nobody knows", "nobody any", "begins anew", "as it was",
    "as they were", "put away", "go ahead", "make one", "e-mail", "user name", "you may not do this",
    "there is nothing here",
    "of what", "look into your", "once more to", "that it is you", "fell silent", "as long as it", "taken off",
    "the model said", "powers of",
)  # fmt: skip
API_ONLY = {"You may not do this.", "There is nothing here."}  # read by programs, which may compare them


def sentences() -> Iterator[tuple[str, str]]:
    """Yield the file and the words of everything that is translated."""
    for path in sorted((ROOT / "templates").rglob("*.html")):
        text = path.read_text()
        for plain, quoted in re.findall(r"""\btranslate\s+(?:"([^"]*)"|'([^']*)')""", text):
            yield path.name, plain or quoted
        for words in re.findall(r"blocktranslate[^%]*%\}(.*?)\{% endblocktranslate", text, re.DOTALL):
            yield path.name, words
    calls = re.compile(r'\b(?:_|n?gettext|gettext_lazy)\(\s*((?:"(?:[^"\\]|\\.)*"[\s,]*)+)')
    for path in sources():
        for call in calls.findall(path.read_text() if "migrations" not in path.parts else ""):
            for words in re.findall(r'"((?:[^"\\]|\\.)*)"', call):
                yield path.name, words


@pytest.mark.parametrize("phrase", STILTED)
def test_no_sentence_has(phrase: str) -> None:
    found = [(name, words) for name, words in sentences() if phrase in words.lower() and words not in API_ONLY]
    assert found == []


def test_there_are_sentences() -> None:
    assert len(list(sentences())) > 1_000
