"""Finding and marking in the scripts of the world: typed as people type, found as it stands."""

import re
import unicodedata
from collections.abc import Callable

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from chat.models import Conversation, Message, SearchEntry
from chat.services.search import search, upkeep
from chat.services.search.query import parse
from chat.services.search.snippets import marked, snippet
from chat.services.search.text import IGNORED, UNSPACED, ZEROS, Folded, fold, holds

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("somewhere")]

NFD = "Café Übung façade"
# What was written, what is asked for, and what is marked of it.
CASES = [
    # one character, digits between characters
    ("晚上记得关灯。", "灯", "灯"), ("晚上记得关灯。", "关灯", "关灯"), ("晚上记得关灯。", "灯 晚上", "晚上"),
    ("她的小猫很可爱", "爱", "爱"), ("她的小猫很可爱", "猫 可爱", "猫"), ("今日は大雨、明日は晴れ", "れ", "れ"),
    ("今日は大雨、明日は晴れ", "雨", "雨"), ("第7回と第12章、A股下跌、2026年5月", "第7回", "第7回"),
    ("第7回と第12章、A股下跌、2026年5月", "12章", "12章"), ("第7回と第12章、A股下跌、2026年5月", "A股 下跌", "A股"),
    ("第7回と第12章、A股下跌、2026年5月", "5月", "5月"), ("サーバー", "サーバ", "サーバ"),
    ("佐々木さんの本", "佐々木", "佐々木"),
    ("カタカナ ﾃｽﾄ", "テスト", "ﾃｽﾄ"), ("が来た", "が", "が"), ("ㄅㄆㄇ注音", "ㄆ", "ㄆ"),
    # accents, typed and not
    ("Façade, Zürich, résumé, São Tomé, Łódź, señor, Œuvre, Đà Nẵng", "facade", "Façade"),
    ("Façade, Zürich, résumé", "zurich", "Zürich"), ("Façade, Zürich, résumé", "Zürich", "Zürich"),
    ("Façade, Zürich, résumé", "resume", "résumé"), ("São Tomé", "sao tome", "São"), ("Łódź", "lodz", "Łódź"),
    ("señor", "senor", "señor"), ("Œuvre", "oeuvre", "Œuvre"), ("Đà Nẵng", "da nang", "Đà"),
    ("Nguyễn Văn Ánh", "nguyen van anh", "Nguyễn"), ("Þórður Æsir", "thordur aesir", "Þórður"),
    (NFD, "café", "Café"), (NFD, "Übung", "Übung"), ("Café", unicodedata.normalize("NFD", "café"), "Café"),
    ("cafe", "café", "cafe"), ("Ærø smørrebrød", "smorrebrod", "smørrebrød"), ("Dvořák Příliš", "dvorak", "Dvořák"),
    # letters without a pair
    ("Die große Straße", "strasse", "Straße"),
    ("STRASSE", "straße", "STRASSE"), ("İzmir ve İstanbul", "izmir", "İzmir"),
    ("İzmir ve İstanbul", "İstanbul", "İstanbul"), ("ışık", "isik", "ışık"), ("ILIK", "ılık", "ILIK"),
    ("ΟΔΟΣ Αθηνάς", "οδος", "ΟΔΟΣ"), ("οδός", "ΟΔΟΣ", "οδός"), ("Ελλάδα και ёлка", "Ελλαδα", "Ελλάδα"),
    ("Ελλάδα και ёлка", "елка", "ёлка"), ("ЙОГУРТ", "йогурт", "ЙОГУРТ"), ("їжак", "їжак", "їжак"),
    # points, marks, forms
    ("שָׁלוֹם עולם", "שלום", "שָׁלוֹם"), ("שלום עולם", "שָׁלוֹם", "שלום"), ("مُدَرِّس", "مدرس", "مُدَرِّس"),
    ("أحمد إلى القاهرة", "احمد", "أحمد"), ("كـــتاب", "كتاب", "كـــتاب"),
    ("ﺳﻼم", "سلام", "ﺳﻼم"), ("کتاب", "كتاب", "کتاب"),
    # the scripts of South and Southeast Asia
    ("हिन्दी में लिखो", "हिन्दी", "हिन्दी"), ("क़लम", "क़लम", "क़लम"),
    ("বাংলা ভাষা", "ভাষা", "ভাষা"), ("தமிழ் மொழி", "தமிழ்", "தமிழ்"),
    ("తెలుగు భాష", "తెలుగు", "తెలుగు"), ("ಕನ್ನಡ ನುಡಿ", "ಕನ್ನಡ", "ಕನ್ನಡ"), ("മലയാളം", "മലയാളം", "മലയാളം"),
    ("ગુજરાતી ભાષા", "ગુજરાતી", "ગુજરાતી"), ("ਪੰਜਾਬੀ ਬੋਲੀ", "ਪੰਜਾਬੀ", "ਪੰਜਾਬੀ"), ("සිංහල භාෂාව", "සිංහල", "සිංහල"),
    ("ฉันทำงานที่นี่", "ทำงาน", "ทำงาน"), ("ສະບາຍດີ", "ບາຍ", "ບາຍ"), ("ខ្ញុំស្រលាញ់", "ស្រលាញ់", "ស្រលាញ់"),
    ("မြန်မာစာ", "မြန်မာ", "မြန်မာ"), ("བོད་སྐད", "སྐད", "སྐད"),
    # others
    ("გამარჯობა მსოფლიო", "მსოფლიო", "მსოფლიო"), ("Բարև ձեզ", "բարև", "Բարև"), ("አማርኛ ቋንቋ", "ቋንቋ", "ቋንቋ"),
    ("ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ", "ᏣᎳᎩ", "ᏣᎳᎩ"), ("Монгол хэл", "монгол", "Монгол"), ("ᠮᠣᠩᠭᠣᠯ", "ᠮᠣᠩᠭᠣᠯ", "ᠮᠣᠩᠭᠣᠯ"),
    ("안녕하세요 여러분", "여러분", "여러분"), ("전문 검색 엔진", "검색", "검색"),
    # digits, apostrophes, dashes, widths, ligatures, what is not seen
    ("السنة ٢٠٢٦", "2026", "٢٠٢٦"), ("year 2026", "٢٠٢٦", "2026"), ("साल २०२६", "2026", "२०२६"), ("۱۲۳", "123", "۱۲۳"),
    ("I don’t know", "don't", "don’t"), ("I don't know", "don’t", "don't"), ("l’été", "l'ete", "l’été"),
    ("it said “hello there”", '"hello there"', "hello there"),
    ("state–of–the–art", "state-of-the-art", "state–of–the–art"),
    ("ｆｕｌｌ ｗｉｄｔｈ", "full", "ｆｕｌｌ"), ("eﬃcient oﬃce", '"efficient office"', "eﬃcient oﬃce"),
    ("inter\u00adnational", "international", "inter\u00adnational"),
    ("zero\u200bwidth", "zerowidth", "zero\u200bwidth"),
    # as keyboards and editors write it
    ("it said hello there", "“hello there”", "hello there"), ("it said hello there", "„hello there“", "hello there"),
    ("quick brown", "“quick", "quick"), ("检索方法です", "「方法」", "方法"), ("--flag=1 set", "--flag", "--flag"),
    ("known well fact", "fact -well-known", "fact"),
    ("C vs B", "vs -C++", "vs"), ("brown red fox", 'fox -"brown fox"', "fox"), ("C# and F#", "C#", "C#"),
    ("½ cup", "1/2", "½"), ("x² + y²", "x2", "x²"),
]  # fmt: skip
NOTHING = [
    ("晚上记得关灯。", "晚上 -灯"), ("她的小猫很可爱", "猫狗"), ("第7回と第12章", "第8回"), ("第7回と第12章", "7章"),
    ("hello world", "٢٠٢٦"), ("hello world", "२०२६"), ("hello world", "߅"), ("hello world", "𞥐"), ("ก", "ข"),
    ("مدرسة", "كتاب"), ("か来た", "が"), ("C++ vs B", "vs -C++"), ("a\nb c", 'c -"a b"'),
    ("quick brown fox", 'fox -"brown fox"'), ("well-known fact", "fact -well-known"), ("brown fox", 'fox -"BROWN"'),
    ("there it said hello", "“hello there”"), ("हिन्दी", "हिन्दू"),
]  # fmt: skip


@pytest.fixture
def store_message(owner: User) -> Callable[[str], Message]:
    def make(text: str, title: str = "A chat") -> Message:
        chat = Conversation.objects.create(owner=owner, title=title, endpoint="Somewhere", model="tiny")
        return Message.objects.create(
            conversation=chat, author="user", text=text, parts=[{"type": "text", "text": text}]
        )

    return make


def hits_of(user: User, query: str) -> list[str]:
    return [hit.text for hit in search.search(user=user, query=parse(query)).hits]


@pytest.mark.parametrize(("text", "query", "mark"), CASES)
def test_it_is_found_and_marked(
    owner: User, store_message: Callable[[str], Message], text: str, query: str, mark: str
) -> None:
    store_message(text)
    store_message("quite another thing")
    page = search.search(user=owner, query=parse(query))
    assert [hit.text for hit in page.hits] == [text]
    for html in (marked(text, page.terms), snippet(text, page.terms)):
        assert mark in [re.sub("&#x27;", "'", marked) for marked in re.findall("<mark>(.*?)</mark>", html)]


def test_a_phrase_may_go_on_in_the_next_line(owner: User, store_message: Callable[[str], Message]) -> None:
    store_message("what is wrapped\nin lines")
    assert hits_of(owner, '"wrapped in"') == ["what is wrapped\nin lines"]


@pytest.mark.parametrize(("text", "query"), NOTHING)
def test_what_is_not_there_is_not_found(
    owner: User, store_message: Callable[[str], Message], text: str, query: str
) -> None:
    store_message(text)
    assert hits_of(owner, query) == []


@pytest.mark.parametrize(
    ("title", "typed"),
    [
        ("Как испечь хлеб", "испечь хлебь"), ("Ταξίδι στην Κρήτη", "ταξιδη"), ("Planning the trip", "planing"),
        ("전문 검색 엔진 만들기", "검색 엔진 만들긔"), ("Zürich im Winter", "zurich"), ("Größe der Straße", "grosse"),
        ("رحلة إلى القاهرة", "القاهره"), ("İstanbul'da üç gün", "istanbul"), ("東京で三日間の旅行", "東京で三日"),
    ],
)  # fmt: skip
def test_a_title_is_found_as_it_is_typed(
    owner: User, store_message: Callable[[str, str], Message], title: str, typed: str
) -> None:
    store_message("text", title)
    store_message("text", "Quite another thing")
    assert [chat.title for chat in search.titles(user=owner, query=parse(typed))] == [title]


@pytest.mark.parametrize(("title", "typed"), [("Zürich im Winter", "zurich"), ("Ταξίδι", "ταξιδι"), ("10% off", "10%")])
def test_filters_of_lists_fold_as_search_does(
    owner: User, store_message: Callable[[str, str], Message], title: str, typed: str
) -> None:
    store_message("text", title)
    store_message("text", "Quite another thing")
    assert [chat.title for chat in Conversation.objects.filter(holds("title", typed))] == [title]


def folded_by_database(text: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT chat_fold(%s)", [text])
        return str(cursor.fetchone()[0])


@pytest.mark.parametrize("text", sorted({case[part] for case in CASES for part in (0, 1)}))
def test_the_database_folds_as_the_pages_do(text: str) -> None:
    assert folded_by_database(text) == fold(text)


LETTERS = st.characters(exclude_categories=["Cs", "Cn", "Co"], exclude_characters="\x00")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(LETTERS, max_size=30))
def test_the_database_folds_any_text_as_the_pages_do(text: str) -> None:
    """Newer characters than the database knows have no case there yet: they are left out."""
    known = "".join(character for character in text if folded_by_database(character) == fold(character))
    if len(known) == len(text):
        assert folded_by_database(text) == fold(text)


def test_every_listed_character_is_folded_alike() -> None:
    listed = [code for first, last in IGNORED for code in range(first, last + 1)]
    listed += [zero + digit for zero in ZEROS for digit in range(10)]
    listed += [edge for pair in UNSPACED[:-1] for edge in pair]
    text = " ".join(f"a{chr(code)}b" for code in listed)
    assert folded_by_database(text) == fold(text)


@settings(max_examples=300, deadline=None)
@given(st.text(LETTERS, max_size=40))
def test_a_folded_text_knows_where_each_character_was(text: str) -> None:
    folded = Folded.of(text)
    assert len(folded.starts) == len(folded.ends) == len(folded.text)
    assert folded.starts == sorted(folded.starts)
    assert all(0 <= start < end <= len(text) for start, end in zip(folded.starts, folded.ends, strict=True))


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("aeéÉßœ灯がｶﾞ각각한ёйشَ'’ –\u0301\u200b12٢"), max_size=20))
def test_marking_changes_no_text(text: str) -> None:
    html = str(marked(text, ["e", "灯", "ss", "か"]))
    assert "".join(re.split("</?mark>", html)).replace("&#x27;", "'") == text


def test_what_an_earlier_release_entered_is_found_again_after_a_while(
    owner: User, store_message: Callable[[str], Message]
) -> None:
    for number in range(3):
        store_message(f"晚上记得关灯 {number}")
    SearchEntry.objects.update(version=0, vector="")
    assert hits_of(owner, "灯") == []
    assert upkeep.renew(seconds=10) is False
    assert len(hits_of(owner, "灯")) == 3
    assert set(SearchEntry.objects.values_list("version", flat=True)) == {1}


def test_renewing_ends_when_its_time_is_over(
    store_message: Callable[[str], Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "BATCH_SIZE", 1)
    for number in range(3):
        store_message(f"number {number}")
    SearchEntry.objects.update(version=0)
    assert upkeep.renew(seconds=-1) is True
    assert SearchEntry.objects.filter(version=0).count() == 2
