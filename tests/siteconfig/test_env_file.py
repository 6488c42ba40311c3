"""Lines of `.env`: what is a value, what is a comment, and what cannot be read."""

import pytest

from siteconfig.environment.env_file import parse

HERE = {"HOME_KEY": "from-outside", "EMPTY": ""}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A=b", "b"),
        ("A=b   ", "b"),
        ("A=  b", "b"),
        ("  A=b", "b"),
        ("export A=b", "b"),
        ("export\tA=b", "b"),
        ("A=b # words", "b"),
        ("A=b\t# words", "b"),
        ("A=b \u00a0# words", "b"),
        ("A=b#c", "b#c"),
        ("A=#c", "#c"),
        ("A= # words", ""),
        ("A=", ""),
        ("A=''", ""),
        ('A="" # words', ""),
        ("A='a # b'", "a # b"),
        ('A="a # b"   # words', "a # b"),
        ("A='a # b'# words", "a # b"),
        ('A="it\'s"', "it's"),
        ("A='say \"x\"'", 'say "x"'),
        (r'A="a\"b\\c\n\$d\w"', 'a"b\\c\n$d\\w'),
        (r"A='a\n\'", r"a\n" + "\\"),
        ('A=a"b c"d', 'a"b c"d'),
        ('A={"type": "service_account"}', '{"type": "service_account"}'),
        ("A=$ecret$", "$ecret$"),
        ('A="$ecret"', "$ecret"),
        ("A='${HOME_KEY}'", "${HOME_KEY}"),
        ("A=${HOME_KEY}", "from-outside"),
        ('A="x-${HOME_KEY}-y"', "x-from-outside-y"),
        (r'A="\${HOME_KEY}"', "${HOME_KEY}"),
        ("B=c\nA=${B}d", "cd"),
        ('A=`{"it\'s": "${x} # y"}` # words', '{"it\'s": "${x} # y"}'),
        ("A=`one\ntwo`\nC=d", "one\ntwo"),
        ("A=${NOWHERE:-x y}", "x y"),
        ('A="${EMPTY:-x}-z"', "x-z"),
        ("A=${HOME_KEY:-x}", "from-outside"),
        ("A=${NOWHERE:-}", ""),
        ("A=${NOWHERE:-http://h/v1}", "http://h/v1"),
        ("A=it's", "it's"),
        ("HOME_KEY=inside\nA=${HOME_KEY}", "from-outside"),
        ("A=b=c==", "b=c=="),
        ("A=postgres://u:p%23@h/d?sslmode=require", "postgres://u:p%23@h/d?sslmode=require"),
        ("\ufeffA=b", "b"),
        ("A=b\r\nC=d\r\n", "b"),
        ('A="b"  # words\r\n', "b"),
        ("A=b\rC=d", "b"),
        ("A='one\ntwo'\nC=d", "one\ntwo"),
        ('A="one\r\n# two" # words\r\nC=d', "one\n# two"),
        ("# A=c\n\n   # A=d\nA=b", "b"),
        ("A=b\nA=c", "c"),
    ],
)
def test_a_value_is_what_was_meant(text: str, value: str) -> None:
    env_file = parse(text, HERE)
    assert (env_file.values["A"], env_file.faults) == (value, [])
    if "C=d" in text:
        assert env_file.values["C"] == "d", "what follows is read on"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("SPACED = value", "line 1 is not NAME=value; there must be no space before the ="),
        ("OK=1\nno assignment", "line 2 is not NAME=value"),
        ("1A=b", "line 1 is not NAME=value"),
        ("A-B=c", "line 1 is not NAME=value"),
        ("A: b", "line 1 is not NAME=value"),
        ("A=b\0", "line 1 is not NAME=value"),
        ("\n\nA='b", "line 3 begins with a quote that is never closed"),
        ('A="b\nC=d', "line 1 begins with a quote that is never closed"),
        ("A='b' c", "line 1 has text after the closing quote"),
        ('A="b"c"', "line 1 has text after the closing quote"),
        ("A=`b", "line 1 begins with a quote that is never closed"),
        ("export A", "line 1 is not NAME=value"),
        ("B=-----BEGIN-----\nMII/x\n", "line 2 is not NAME=value"),
        ("; words", "line 1 is not NAME=value"),
        ("A=“b”", "line 1 has typographic quotes"),
        ("A=${NOWHERE}", "line 1 needs NOWHERE, which is not set"),
        ("A=${EMPTY}", "line 1 needs EMPTY, which is not set"),
        ("A=`b` c", "line 1 has text after the closing quote"),
        ('A="${NOWHERE:?x}"', "line 1 has ${…} around something that is not a variable name"),
        ('A="${NOWHERE-x}"', "line 1 has ${…} around something that is not a variable name"),
    ],
)
def test_a_line_that_cannot_be_read_is_told_with_its_number_and_without_its_value(text: str, fault: str) -> None:
    env_file = parse(text, HERE)
    assert len(env_file.faults) == 1
    assert env_file.faults[0].startswith(fault)
    assert "value" not in env_file.faults[0].replace("NAME=value", "")
    assert "A" not in env_file.values


def test_a_line_that_cannot_be_read_does_not_hide_the_next_one() -> None:
    env_file = parse("A='b\nB = c\nC=d # words", {})
    assert [fault.split()[1] for fault in env_file.faults] == ["1", "2"]
    assert env_file.values == {"C": "d"}


def test_a_variable_that_stands_there_twice_is_told() -> None:
    env_file = parse("A=yes\nB=c\nA=no\nB=c", {})
    assert env_file.values == {"A": "no", "B": "c"}
    assert env_file.notices == ["A is set in lines 1 and 3; the last one is used"]
