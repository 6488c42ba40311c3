"""What people read is plain English: none of the phrases that read like a translation comes back."""

import re
from collections.abc import Iterator

import pytest

from tests.house import ROOT, sources

STILTED = (
    "will stand here", "any more", "for good", "nobody", "everybody", "somebody", "begins anew", "anew", "as it was",
    "as they were", "put away", "go ahead", "make one", "e-mail", "user name", "you may not", "there is nothing",
    "there is no such", "of this name", "a key of your own", "an address of your own", "switched off", "switch off",
    "switched on", "switch on", "meanwhile", "at this moment", "stands here", "as it stands", "must be there",
    "is not right", "is no date", "is no endpoint", "is none", "are kept", "can be kept", "that can be read",
    "does not let", "by mail", "does not answer", "shall", "mend the", "the key opens", "goes on from", "to go on",
    "holds a character", "take along", "what was sent", "what is sent", "who made this", "who manages", "altogether",
    "of what", "look into your", "once more", "that it is you", "fell silent", "as long as it", "taken off",
    "the model said", "powers of", "of it thoughts", "does not think aloud",
)  # fmt: skip
API_ONLY = {"You may not do this.", "There is nothing here."}  # read by programs, which may compare them
# Pages that nobody but us reads: what they show is no sentence of the product.
OURS = {"styleguide.html", "controls.html", "surfaces.html"}
ATTRIBUTES = {"parameters_opener.html"}  # no text: what stands inside a tag
QUOTED = r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'"""


def sentences() -> Iterator[tuple[str, str]]:
    """Yield the file and the words of everything that is translated."""
    for path in sorted((ROOT / "templates").rglob("*.*")):
        text = path.read_text()
        for plain, quoted in re.findall(r"""(?:\btranslate\s+|_\()(?:"([^"]*)"|'([^']*)')""", text):
            yield path.name, plain or quoted
        for sentence in re.findall(r"blocktranslate(?:[^%]|%(?!\}))*%\}(.*?)\{% endblocktranslate", text, re.DOTALL):
            yield path.name, " ".join(sentence.split())
    calls = re.compile(rf"\b(?:_|n?gettext|n?gettext_lazy)\(\s*((?:(?:{QUOTED})[\s,]*)+)")
    for path in sources():
        for call in calls.findall(path.read_text() if "migrations" not in path.parts else ""):
            joined = re.sub(r'"\s*\n\s*"', "", call)
            for sentence in re.findall(r'"((?:[^"\\]|\\.)*)"', joined):
                yield path.name, sentence


@pytest.mark.parametrize("phrase", STILTED)
def test_no_sentence_has(phrase: str) -> None:
    pattern = re.compile(rf"\b{re.escape(phrase)}")
    hits = [
        (name, sentence)
        for name, sentence in sentences()
        if pattern.search(sentence.lower()) and sentence not in API_ONLY
    ]
    assert hits == []


def test_there_are_sentences() -> None:
    assert len(list(sentences())) > 1_000


def _untranslated(template: str) -> str:
    """Return the text of a template that no tag translates, without what is no text: code, keys, comments."""
    blank = [
        r"\{% comment.*?endcomment %\}", r"\{#.*?#\}", r"\{%-?\s*blocktranslate.*?endblocktranslate\s*%\}",
        r"\{% attributes %\}.*?\{% endattributes %\}", r"\{% block (?:body_attributes|skip) %\}.*?\{% endblock %\}",
        r"\{%.*?%\}", r"\{\{.*?\}\}",
        r"<(script|style|svg|code|kbd)\b.*?</\1>", rf"<(?:{QUOTED}|[^>\"'])*>", r"&\w+;",
    ]  # fmt: skip
    for pattern in blank:
        template = re.sub(pattern, " ", template, flags=re.DOTALL)
    return " ".join(template.split())


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_no_text_of_a_template_stands_outside_the_tags_that_translate(path: object) -> None:
    assert isinstance(path, type(ROOT))
    text = "" if path.name in OURS | ATTRIBUTES else _untranslated(path.read_text())
    assert re.findall(r"[A-Za-z]{2,}", text) == []


def test_untranslated_text_would_be_found() -> None:
    assert _untranslated('<p title="{% translate "Aye" %}">{% translate "Yes" %} No <code>x y</code></p>') == "No"


def test_no_attribute_that_people_read_stands_outside_the_tags_that_translate() -> None:
    read = re.compile(r'\b(?:title|aria-label|placeholder|alt)="([^"]*[A-Za-z]{2}[^"]*)"')
    texts = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        whole = r"\{%-?\s*blocktranslate.*?endblocktranslate\s*%\}|\{%.*?%\}|\{\{.*?\}\}"
        text = re.sub(whole, "", path.read_text(), flags=re.DOTALL)
        texts += [(path.name, attribute) for attribute in read.findall(text) if path.name not in OURS]
    assert texts == []


def test_no_script_puts_a_number_into_a_bare_percent_sign() -> None:
    """A placeholder has a name, and a number comes by `counted`, in the plural form that fits it."""
    paths = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "static" / "js").rglob("*.js"))
        if re.search(r"""\.replace\(["'`]%["'`]""", path.read_text())
    ]
    assert paths == []


def test_no_sentence_counts_without_plural_forms() -> None:
    """A number that is counted comes by `ngettext`, or by `{% blocktranslate count %}`."""
    single = re.compile(r'\b(?:_|gettext|gettext_lazy)\(\s*(?:"[^"]*"\s*)*"[^"]*%\((?:count|number)\)')
    names = [path.name for path in sources() if single.search(path.read_text())]
    counted = re.compile(r"\{\{ (?:count|number|days|tokens|messages|calls) \}\} [a-z]+s\b")
    for path in sorted((ROOT / "templates").rglob("*.*")):
        for options, body in re.findall(
            r"blocktranslate((?:[^%]|%(?!\}))*)%\}(.*?)\{% endblocktranslate", path.read_text(), re.DOTALL
        ):
            names += [path.name] if counted.search(body) and " count " not in options else []
    assert names == []


def test_no_sentence_has_a_placeholder_without_a_name() -> None:
    """A bare percent sign is no placeholder; only a unit in a table's heading is one."""
    bare = [sentence for _name, sentence in sentences() if re.search(r"(?<![\d}{])%(?![(a-z%}])", sentence)]
    assert bare == ["Errors in %"]
