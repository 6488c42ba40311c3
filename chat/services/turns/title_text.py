"""Extracts the title from a model's answer."""

import json
import re
from typing import Any, Final

TITLE_WORDS: Final = 8
TITLE_CHARACTERS: Final = 60
_READ: Final = 4_000  # characters of an answer that may hold its title, thoughts not counted
MAX_UNCUT_CHARACTERS: Final = 2 * TITLE_CHARACTERS  # characters that a title may have as it is

_TAGS = r"(?:seed:think|think|thinking|thought|thoughts|reasoning|reflection|scratchpad|analysis)"
_CHANNEL = re.compile(r"^.*(?:<\|channel\|>\s*final\b[^<]*<\|message\|>|<\|(?:end_of_thought|/think)\|>)", re.DOTALL)
_TOKEN = re.compile(r"<\|[^<>|\n]{1,40}\|>|</?s>|<[｜|][^<>｜|\n]{1,40}[｜|]>")  # of a model's own template
_THOUGHT = re.compile(
    rf"[<\[◁](?P<tag>{_TAGS})\b[^>\]▷]*[>\]▷].*?(?:[<\[◁](?P<end>/)(?P=tag)\s*[>\]▷]|$)", re.DOTALL | re.IGNORECASE
)
_THOUGHT_BEFORE = re.compile(rf"^.*[<\[◁]/{_TAGS}\s*[>\]▷]", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"```(?:[^\n`]*\n)?(.*?)(?:```|$)", re.DOTALL)
_WRAPPED = re.compile(
    r"<((?:\w{1,20}_)?(?:title|answer)|output|response|result)>\s*(.*?)\s*(?:</\1>|$)", re.DOTALL | re.IGNORECASE
)
_IN_JSON = re.compile(
    r"""\{.{0,300}?["']?(?:\w{1,20}_)?(?:title|titel|titre|name)["']?\s*:\s*(["'])((?:(?!\1)[^\\]|\\.)*)""",
    re.IGNORECASE | re.DOTALL,
)
_BOXED = re.compile(r"\$?\\boxed\{(?:\\text\w*\{)?([^{}]*)\}{1,2}\$?")
_TITLE_WORDS = (
    r"(?:titles?|titel|titre|t[ií]tulo|titolo|tytuł|název|cím|otsikko|tittel|başlık|titlu|naslov|τίτλος|заголовок|"
    r"название|назва|tiêu đề|judul|标题|標題|题目|タイトル|題名|제목|(?:ال)?عنوان|ה?כותרת|शीर्षक|ชื่อเรื่อง)"
)
_BEFORE_LABEL = (
    r"(?:(?:(?:conversation|chat|thread|suggested|proposed|possible|generated|final|best|short|concise|new|the|your)\s+)*"
    r"|对话|對話|会话|會話|聊天|会話の|チャットの|대화\s*|채팅\s*|sugestão de\s+|sugerencia de\s+)"
)
_BEHIND_LABEL = (
    r"(?:\s+(?:suggestions?|options?|ideas?|\d{1,2}))?"
    r"(?:\s+(?:of|for)\s+(?:this|the|your)\s+(?:chat|conversation|discussion)"
    r"|\s+(?:des|der|du|de la|de|da|do|del|della|dla|van)\s+\w+|\s+(?:чата|беседы|разговора|диалога))?"
    r"(?:\s*\([^()\n]{1,30}\))?"
)
_LABELS = _BEFORE_LABEL + _TITLE_WORDS
_LABEL = re.compile(
    rf"^[*_`#\s\[]*{_LABELS}(?:{_BEHIND_LABEL}[*_`\s]*[:：=][*_`\s]*|[*_`\s]*(?:[-–—]\s+|\]\s+|$))", re.IGNORECASE
)
_LABELLED = re.compile(rf"^[*_`#\s]*{_LABELS}[*_`\s]*[:：][*_`\s]*(?=\w|[\"“'«「《])", re.IGNORECASE)
_SPEAKER = re.compile(
    r"^(?:(?:assistant|answer|topic|subject)\s*[:：]\s+|(?:sure|certainly|of course|okay)!\s+)", re.IGNORECASE
)
_INTRODUCTION = re.compile(
    r"^(?:(?:sure|certainly|of course|okay|ok|absolutely)[^:：\w]*)?"
    r"(?:(?:here|this|an?|the|my|i|how about|based on|given|voici|voilà|hier|aquí|aqui|ecco|вот|oto|işte)\b"
    rf"[^:：\n]*\b{_LABELS}\b|(?:以下是|这是|這是|以下が|以下は|다음은)[^:：\n]*)[^:：\n]*[:：]\s*",
    re.IGNORECASE,
)
_IN_SENTENCE = re.compile(
    r"^(?:here|this|an?|the|my|i|i['’]d|based on|given|how about)\b[^\"“\n]*\btitled?\b[^\"“\n]*"
    r"[\"“]([^\"“”\n]+)[\"”]\W*$",
    re.IGNORECASE,
)
# What is no title: the model would not, or had none.
_REFUSAL = re.compile(
    r"^(?:(?:i['’]?m|i am|we['’]?re)\s+(?:very |so |really )?sorry\b|sorry, (?:but )?i\b|as an ai\b|"
    r"(?:unfortunately, )?i (?:cannot|can['’]?t|am unable to|won['’]?t) (?:help|assist|fulfil|comply|"
    r"(?:create|generate|provide|give|suggest|write) (?:an?|any|the) (?:\w+ )?title)|"
    r"抱歉，|很抱歉|对不起，我|申し訳|죄송(?:합니다|하지만)|lo siento, |désolée?, |es tut mir leid, |извините, |"
    r"(?:n/a|none|null|undefined|no title|untitled(?: (?:chat|conversation))?)\W*$)",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"\s*\(\d+ (?:words|characters|tokens)\)$|\s#+$")
_MARK = re.compile(r"^(?:#{1,6}\s+|>\s*|[-*+•–—]\s+|\(?1[.)]\s+|\[[ x]\]\s+)+")
_STRONG = re.compile(r"(\*\*|__|~~)(?=\S)(.+?)(?<=\S)\1")
_PAIRS = (
    '""',
    "''",
    "``",
    "**",
    "__",
    "“”",
    "„“",
    "„”",
    "‘’",
    "‚‘",
    "«»",
    "»«",
    "‹›",
    "「」",
    "『』",
    "《》",
    "【】",
    "[]",
)
_QUOTES = frozenset('"“”„«»')
_STOPS = ".。．।۔"


def first_words(text: str) -> str:
    """Return a title made of the first words of a message, at most 60 characters."""
    title = " ".join(text.split()[:TITLE_WORDS])
    return title if len(title) <= TITLE_CHARACTERS else title[: TITLE_CHARACTERS - 1].rstrip() + "…"


def clean_title(text: str) -> str:
    """Return what a model wrote as a title of one line, or an empty string when it is none.

    >>> clean_title('<think>hm</think>**Title:** "Cats at night."')
    'Cats at night'
    >>> clean_title('“Nginx” and its ports')
    '“Nginx” and its ports'
    """
    text = _THOUGHT.sub(_left_of_thought, _CHANNEL.sub("", text))
    text = _TOKEN.sub("", _THOUGHT_BEFORE.sub("", text))
    text = _BOXED.sub(r"\1", text.strip()[:_READ]).strip()
    if fenced := _FENCE.search(text):
        text = fenced[1].strip()
    if (title := _of_json(text)) is not None:
        text = title
    if wrapped := _WRAPPED.search(text):
        text = wrapped[2]
    line = _bare(_first_line(text))
    return _cut(line) if any(map(str.isalnum, line)) and not _REFUSAL.match(line) else ""


def _left_of_thought(match: "re.Match[str]") -> str:
    """Return what stays of a thought: nothing, but words behind a title are no thought that was cut off."""
    is_cut_off = match["end"] is None and any(map(str.isalnum, match.string[: match.start()][:200]))
    return match[0] if is_cut_off else ""


def _of_json(text: str) -> str | None:
    """Return the title in a JSON value, an empty text where it has none, or None for what is no JSON."""
    if text[:1] in {"{", "[", '"'}:
        try:
            return _title_in(json.loads(text))
        except (ValueError, RecursionError):
            pass
    match = _IN_JSON.search(text)  # cut off, with other words around it, or with quotation marks that are not JSON's
    return match[2].replace('\\"', '"') if match else None


def _title_in(value: Any) -> str:
    if isinstance(value, dict):
        named = {str(key).lower(): member for key, member in value.items()}
        titles = [member for key, member in named.items() if key.endswith("title") and member]
        return _title_in(titles[0] if titles else next(iter(named.values()), ""))
    if isinstance(value, list):
        return _title_in(value[0]) if value else ""
    return value if isinstance(value, str) else ""


def _first_line(text: str) -> str:
    """Return the first line that is more than an introduction or a label."""
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    for line in lines[1:]:
        if labelled := _LABELLED.match(line):
            return line[labelled.end() :]
    for number, line in enumerate(lines):
        if quoted := _IN_SENTENCE.match(line):
            return quoted[1]
        line = _SPEAKER.sub("", line)
        rest = _LABEL.sub("", _INTRODUCTION.sub("", _MARK.sub("", line), count=1), count=1)
        is_introduction = line.rstrip("*_ ").endswith((":", "：")) and number + 1 < len(lines)
        if rest.strip("*_`# ") and not is_introduction:
            return rest
    return ""


def _bare(line: str) -> str:
    """Return the line without marks, and without quotation marks or a full stop around all of it."""
    line = "".join(character for character in line if character.isprintable()).strip()
    before = None
    while line != before:
        before = line
        line = _STRONG.sub(r"\2", _MARK.sub("", line)).strip()
        for pair in _PAIRS:
            inner = line[1:-1]
            if len(line) > 2 and line[0] == pair[0] and line[-1] == pair[1] and not set(pair) & set(inner):
                line = inner.strip()
        line = _LABEL.sub("", line) if _LABEL.sub("", line).strip() else line
        line = _COUNTED.sub("", _without_stop(_without_half(line)))
    return line


def _without_half(line: str) -> str:
    """Return the line without a quotation mark or a star at its end whose other half is missing."""
    if line[:1] in _QUOTES and not _QUOTES & set(line[1:]):
        return line[1:].strip()
    before, last = line[-2:-1], line[-1:]
    is_half = last in _QUOTES | {"*"} and not (_QUOTES | {"*"}) & set(line[:-1])
    return line[:-1] if is_half and not before.isdigit() and not before.isspace() else line


def _without_stop(line: str) -> str:
    """Return the line without the full stop at its end; an ellipsis and abbreviations keep theirs."""
    last = line.rpartition(" ")[2]
    is_stop = line[-1:] in _STOPS if line else False
    return line[:-1].rstrip() if is_stop and last[:-1].count(".") == 0 else line


def _cut(line: str) -> str:
    """Return the line, or as many of its first words as a title has room for."""
    if len(line) <= MAX_UNCUT_CHARACTERS:
        return line
    head, _, rest = line[:TITLE_CHARACTERS].rpartition(" ")
    return (head if len(head) > TITLE_CHARACTERS // 2 else head + " " * bool(head) + rest).rstrip(" ,;:-–—") + "…"
