"""Whitespace that only lays out a template's source is not sent; whitespace that people see is."""

from pathlib import Path

import pytest
from django.template import Context, Engine, TemplateDoesNotExist, TemplateSyntaxError, engines
from django.template.base import Template

from core.templates import CompactTemplate

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [
    # Beside a tag a break goes away, whatever the tag is.
    ("<div>\n  <b>x</b>\n</div>\n", "<div><b>x</b></div>"),
    ("<p>\n  word\n</p>", "<p>word</p>"),
    ("<p>word\n  <b>x</b>\n  word</p>", "<p>word<b>x</b>word</p>"),
    ("<br>\n\n\n  word", "<br>word"),
    ("{% if yes %}\n  word\n{% else %}\n  other\n{% endif %}\n", "word"),
    ("<a>\n  {% if yes %}\n    <b>\n  {% endif %}\n", "<a><b>"),
    ("<a>{% load i18n %}\n{% translate 'word' %}\n</a>", "<a>word</a>"),
    ("<p>a\r\n  <b>x</b></p>", "<p>a<b>x</b></p>"),
    # Between words it is one space, and a variable is a word.
    ("<p>one\n  two\n\n  three</p>", "<p>one two three</p>"),
    ("<p>one\n  {{ name }}\n  two</p>", "<p>one Ada two</p>"),
    ("{{ name }}\n{{ name }}", "Ada Ada"),
    ("<p>\n  {{ name }}\n</p>", "<p>Ada</p>"),
    # A space within a line is kept, beside a tag as well; nobody's no-break space is touched.
    ("<p>one <b>x</b> two</p>", "<p>one <b>x</b> two</p>"),
    ("<i>a</i> <i>b</i>", "<i>a</i> <i>b</i>"),
    ("one  two", "one  two"),
    ("<b>x</b>\u00a0\n<b>y</b>", "<b>x</b>\u00a0<b>y</b>"),
    # A space at the end of a line is written.
    ('<p>one{{ " " }}\n  <b>x</b>{{ " " }}\n  two</p>', "<p>one <b>x</b> two</p>"),
    ("<p>{{ ' ' }}\n  one</p>", "<p> one</p>"),
    ('{% if yes %}{{ " " }}\n  · {{ name }}\n{% endif %}', " · Ada"),
    # Inside a tag it separates attributes; before its end it goes away.
    ('<a class="x"\n    href="/">', '<a class="x" href="/">'),
    ('<a\n  href="/"\n>', '<a href="/">'),
    ('<use href="#x"\n/>', '<use href="#x"/>'),
    ("<input{% if yes %}\n    checked{% endif %}\n  name=x>", "<input checked name=x>"),
    ('<input\n  {% if yes %}title="{{ name }}"{% endif %}\n  hidden>', '<input title="Ada" hidden>'),
    ("<{% if yes %}a{% endif %}\n  href=x>\n  y\n</{% if yes %}a{% endif %}>", "<a href=x>y</a>"),
    # The value of an attribute stays as it is, and does not end at a ">".
    ('<a title="one\n  two">\n  x</a>', '<a title="one\n  two">x</a>'),
    ("<a title='{% if yes %}\n{% endif %}'>", "<a title='\n'>"),
    ('<a title="a > b\n"\n>\nx', '<a title="a > b\n">x'),
    ("<p>1 < 2\n3</p>", "<p>1 < 2 3</p>"),
    # So does what is shown or run as it is written.
    ("<pre>\n  a\n<b>\n</b></pre>\n<p>", "<pre>\n  a\n<b>\n</b></pre><p>"),
    ("<textarea\n  rows=1>\n{{ name }}\n</textarea>\n", "<textarea rows=1>\nAda\n</textarea>"),
    ("<script>\n  if (a < b) {\n  }\n</script>\n<p>", "<script>\n  if (a < b) {\n  }\n</script><p>"),
    ("<STYLE>\n a { }\n</STYLE>\n", "<STYLE>\n a { }\n</STYLE>"),
    ("<!--\n a <b>\n c\n-->\n<p>", "<!--\n a <b>\n c\n--><p>"),
    ("{% verbatim %}\n  {{ x }}\n  <b>\n{% endverbatim %}\n<p>", "\n  {{ x }}\n  <b>\n<p>"),
    # A translated sentence is what its catalogue calls it.
    ("{% load i18n %}{% blocktranslate %}\n one\n <b>two</b> {% endblocktranslate %}\n", "\n one\n <b>two</b> "),
    ("{% load i18n %}{% blocktranslate trimmed %}\n one\n two\n{% endblocktranslate %}\n", "one two"),
    ("{% load i18n %}<b>\n{% blocktrans %}x\n{% endblocktrans %}\n</b>", "<b>x\n</b>"),
    # Comments are as if they were not there.
    ("{# what it is #}\n<p>x</p>", "<p>x</p>"),
    ("one\n{# between #}\ntwo", "one two"),
    ("<b>x</b>\n{# between #}\ntwo", "<b>x</b>two"),
    ('{% comment "why" %}\n <a title=\'\n{% endcomment %}\n<p>\nx</p>', "<p>x</p>"),
    ("<a\n  {# why #}\n  href=x>", "<a href=x>"),
]


@pytest.mark.parametrize(("source", "sent"), SOURCES)
@pytest.mark.parametrize("debug", [False, True])
def test_what_is_sent_of_a_source(source: str, sent: str, debug: bool) -> None:
    engine = Engine(libraries={"i18n": "django.templatetags.i18n"}, debug=debug)

    assert CompactTemplate(source, engine=engine).render(Context({"yes": True, "name": "Ada"})) == sent


@pytest.mark.parametrize(("source", "line"), [("<p>\n\n  {% nothing %}", 3), ("<p>\n  {# a #}\n\n\n{% if x %}", 5)])
def test_an_error_names_the_line_of_the_file(source: str, line: int) -> None:
    with pytest.raises(TemplateSyntaxError, match=f"(?i)line {line}") as caught:
        CompactTemplate(source, engine=Engine(debug=True))

    assert caught.value.template_debug["line"] == line  # type: ignore[attr-defined]


def django_template(name: str) -> Template:
    template = engines["django"].get_template(name).template  # type: ignore[attr-defined]
    assert isinstance(template, Template)
    return template


def test_our_pages_are_compacted_and_no_one_elses() -> None:
    assert isinstance(django_template("base.html"), CompactTemplate)
    assert isinstance(django_template("admin/index.html"), CompactTemplate)
    assert not isinstance(django_template("admin/base_site.html"), CompactTemplate)  # of the package
    assert not isinstance(django_template("mail/reset.txt"), CompactTemplate)


def test_a_template_is_compiled_once() -> None:
    assert django_template("base.html") is django_template("base.html")


def test_a_template_that_is_not_there_is_said_so() -> None:
    for _ in range(2):
        with pytest.raises(TemplateDoesNotExist, match="nowhere"):
            engines["django"].get_template("nowhere.html")
