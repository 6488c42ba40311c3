"""From the prompt to what is played: markers, texts and the steps of a reply."""

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

MARKER = re.compile(r"\[\[([a-z0-9-]+)(?::([^\s\]]*))?((?:\s+[a-z]+=[^\s]*?)*)\s*\]\]")
BEGINNING = re.compile(r"(?:\A|(?<=\n\n))" + MARKER.pattern)
TITLE = re.compile(r"\btitle\b.{0,40}\bconversation\b", re.IGNORECASE | re.DOTALL)
SLOW_TITLE = re.compile(r"\[\[title:\S+ first=(\d+)\]\]")
WORDS = (
    "The", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "while", "seven", "wizards", "quietly",
    "brew", "the", "morning", "tea", "and", "count", "their", "odd", "silver", "coins", "again",
)  # fmt: skip
MARKDOWN = """# A heading

Some *emphasis*, **strength**, `code` and a [link](https://example.org/a).

- first
- second
  - nested

| name | value |
|------|------:|
| one  | 1     |
| two  | 2     |

```python
def greet(name: str) -> str:
    return f"Hello, {name}!"
```

Mass and energy: $E = mc^2$.

> A quotation ends it.
"""
UNICODE = "Grüße aus Köln: 你好, мир, 🦊 und 👩‍🚀 — naïve façade, שלום. "


@dataclass(frozen=True, slots=True)
class Step:
    """One chunk: `kind` is text, think, call (starts a tool call), args, error, raw, pause or cut."""

    kind: str
    text: str = ""
    index: int = 0
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    steps: tuple[Step, ...] = ()
    finish: str = "stop"
    delay: float = 0.0
    first: float = 0.0
    options: dict[str, str] = field(default_factory=dict)
    name: str = ""
    value: str = ""
    gate: str = ""

    def flag(self, name: str) -> bool:
        return self.options.get(name) != "no"

    def number(self, name: str, default: int) -> int:
        return int(self.options.get(name, default))


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the script may know of the request, whatever its wire format."""

    text: str  # the last user message
    all_text: str
    tool_results: tuple[str, ...] = ()  # after the last user message
    rounds: int = 0
    max_tokens: int = 0
    structured: str = ""  # how an object is asked for: "json" as the text, "tool" as a call's arguments


def script_for(prompt: Prompt) -> Script:
    if TITLE.search(prompt.all_text):
        return _titled(prompt)
    match = _marker(prompt.text)
    if match is None:
        return _limited(Script(tuple(_text("Hello! This is a short reply from the model server."))), prompt)
    name, value, tail = match[1], match[2] or "", match[3]
    options = dict(option.split("=", 1) for option in tail.split())
    if name == "scenario":
        name, _, value = value.partition(":")
    rest = prompt.text[match.end() :].strip() if name == "echo" else ""
    results = (prompt.tool_results, prompt.rounds) if name == "tools" else ((), 0)
    return _limited(_script(name, value, tuple(sorted(options.items())), rest, *results), prompt)


def _marker(text: str) -> re.Match[str] | None:
    """Return what the last message asks for, also where it was joined to one before that got no reply."""
    return next(reversed(list(BEGINNING.finditer(text))), None) or MARKER.search(text)


@lru_cache(maxsize=256)
def _script(
    name: str, value: str, pairs: tuple[tuple[str, str], ...], rest: str, results: tuple[str, ...], rounds: int
) -> Script:
    options = dict(pairs)
    base = Script(
        name=name,
        value=value,
        options=options,
        delay=float(options.get("delay", 0)) / 1000,
        first=float(options.get("first", 0)) / 1000,
        gate=value if name == "gate" else "",
    )
    if name == "tools":
        return _tools(base, results, rounds)
    if name in {"length", "filter"}:
        return replace(base, steps=tuple(_words(base)), finish="length" if name == "length" else "content_filter")
    if name == "refusal":
        return replace(base, steps=tuple(_steps(base, rest)), finish="refusal")
    return replace(base, steps=tuple(_steps(base, rest)))


def _steps(script: Script, rest: str) -> Iterator[Step]:
    texts = {
        "refusal": "I cannot help with that.",
        "markdown": MARKDOWN,
        "unicode": UNICODE * 3,
        "odd-cuts": UNICODE * 3,
        "echo": rest,
    }
    if script.name in texts:
        yield from _text(texts[script.name])
    elif script.name in {"stall", "gate", "cut", "broken"}:
        yield from _interrupted(script)
    elif script.name == "reasoning":
        yield from _reasoning(script)
    elif script.name == "blank":
        yield from (Step("text", blank) for blank in ("\n", " \u3000\n"))
        yield from _text(script.value.replace("_", " "))
    elif script.name == "repeat":
        yield from itertools.repeat(Step("text", "same "), 120)
    elif script.name == "garbage":
        yield Step("raw", script.name)
    elif script.name in {"big", "hostile"}:
        yield Step("text", "before ")
        yield Step("raw", script.name)
        yield Step("text", "after <script>alert(1)</script>")
    elif script.name not in {"html", "empty", "endless"}:
        yield from _words(script)


def words(count: int) -> Iterator[str]:
    """Yield `count` words; the numbered ones make any two stretches differ."""
    for number in range(count):
        word = WORDS[number % len(WORDS)]
        yield f"{word}{number} " if number % 7 == 3 else f"{word} "


def _words(script: Script) -> Iterator[Step]:
    count = int(script.value) if script.name == "tokens" and script.value else script.number("tokens", 12)
    return (Step("text", word) for word in words(count))


def _text(text: str) -> Iterator[Step]:
    return (Step("text", piece) for piece in re.findall(r"\s*\S+\s*", text))


def _reasoning(script: Script) -> Iterator[Step]:
    thoughts = [f"Step {number}: think. " for number in range(script.number("thoughts", 6))]
    if script.options.get("field") == "think":
        pieces = "<think>" + "".join(thoughts) + "</think>\n\nSo the answer is 42."
        # Three characters each: both tags are cut.
        yield from (Step("text", pieces[at : at + 3]) for at in range(0, len(pieces), 3))
        return
    yield from (Step("think", thought) for thought in thoughts)
    if script.options.get("redacted"):
        yield Step("redacted", script.options["redacted"])
        yield Step("think", "And once more. ")
    yield from _text("So the answer is 42.")


def _interrupted(script: Script) -> Iterator[Step]:
    said = [Step("text", word) for word in words(script.number("tokens", 12))]
    at = script.number("at", len(said) // 2)
    yield from said[:at]
    kinds = {"stall": "pause", "gate": "pause", "cut": "cut", "broken": "error"}
    yield Step(kinds[script.name], script.options.get("code", "500"))
    if script.name == "gate":
        yield from said[at:]


def _tools(script: Script, results: tuple[str, ...], rounds: int) -> Script:
    if rounds >= script.number("rounds", 1):
        return replace(script, steps=tuple(_text("The tool said: " + " / ".join(results))))
    name = script.options.get("name", "lookup")
    steps = [Step("think", f"Step {number}: think. ") for number in range(script.number("thoughts", 0))]
    steps += _text("Let me look. ") if script.options.get("silent") != "yes" else []
    arguments = script.options.get("args", "")
    calls = script.number("calls", 1)
    for index in range(calls):
        call_id = f"call_{rounds}_{index}" if script.flag("ids") else ""
        steps.append(Step("call", name, index, call_id))
    # The pieces of parallel calls come in turns.
    texts = [arguments or json.dumps({"q": f"query {index}"}) for index in range(calls)]
    for at in range(0, max(map(len, texts)), 5):
        steps += [Step("args", text[at : at + 5], index) for index, text in enumerate(texts) if text[at : at + 5]]
    return replace(script, steps=tuple(steps), finish="tool_calls")


def _limited(script: Script, prompt: Prompt) -> Script:
    if not prompt.max_tokens:
        return script
    counted = [step.kind in {"text", "think"} for step in script.steps]
    if sum(counted) <= prompt.max_tokens:
        return script
    kept: list[Step] = []
    left = prompt.max_tokens
    for step, counts in zip(script.steps, counted, strict=True):
        left -= counts
        if left < 0:
            break
        kept.append(step)
    return replace(script, steps=tuple(kept), finish="length")


def _titled(prompt: Prompt) -> Script:
    title = _title(prompt.text or prompt.all_text)
    if slow := SLOW_TITLE.search(prompt.text or prompt.all_text):
        return Script(tuple(_text(title)), name="title", first=float(slow[1]) / 1000)
    if not prompt.structured or "json=no" in prompt.text:
        return Script(tuple(_text(title)), name="title")
    arguments = json.dumps({"title": title})
    if prompt.structured == "json":
        return Script((Step("text", arguments),), name="title json")
    steps = (Step("call", "title", 0, "call_title"), Step("args", arguments, 0))
    return Script(steps, finish="tool_calls", name="title tool")


def _title(text: str) -> str:
    for match in MARKER.finditer(text):
        if match[1] == "title":
            return (match[2] or "").replace("_", " ")
    question = MARKER.sub("", text.rpartition("\n\n")[2]).split()
    return "Talk about " + (" ".join(question[:4]) or "nothing")


def plain(content: Any) -> str:
    """Return the text of a message's content, which is a string or a list of typed parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return " ".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return ""
