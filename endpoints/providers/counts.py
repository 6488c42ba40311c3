"""Token counts as providers report them: under many names, in many places, once or repeatedly.

`Counts` collects the reports of one call. A later report replaces an earlier one; nothing is ever added up, and a zero
does not replace a number.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from endpoints.providers.finishes import squeezed
from messages.events import Usage

MAX_TOKENS = 100_000_000  # no call has more; a provider that says so is not believed
# By the first name that counts anything. All names are squeezed: servers write one in many ways.
_PROMPT = ("prompttokens", "inputtokens", "prompttokencount", "inputtokencount", "promptevalcount")
_OUTPUT = ("completiontokens", "outputtokens", "candidatestokencount", "outputtokencount", "completiontokencount",
           "responsetokencount", "generatedtokens", "evalcount", "predictedn")  # fmt: skip
_TOTAL = ("totaltokens", "totaltokencount")
_READ = ("cachedtokens", "cachereadinputtokens", "cachereadtokens", "promptcachehittokens", "cachereadinputtokencount",
         "cachedcontenttokencount", "cachedprompttokens", "promptcachedtokens", "cachedinputtokens",
         "numcachedtokens", "cacheread", "cachen")  # fmt: skip
_WRITTEN = ("cachewritetokens", "cachecreationtokens", "cachecreationinputtokens", "cachewriteinputtokens",
            "cachewriteinputtokencount", "cachecreation", "cachewrite")  # fmt: skip
_BY_LIFE = ("cachecreation", "cachecreationtokendetails", "cachedetails")  # those that were written, by their life
_HOUR = "ephemeral1hinputtokens"
_THOUGHT = ("reasoningtokens", "thinkingtokens", "thoughtstokencount")
_BESIDE = ("thoughtstokencount",)  # not among those of the reply
_PROMPT_DETAILS = ("prompttokensdetails", "inputtokensdetails", "prompttokendetails", "inputtokendetails")
_OUTPUT_DETAILS = ("completiontokensdetails", "outputtokensdetails", "completiontokendetails", "outputtokendetails")
# Of these names the prompt's is that of the tokens that were not cached.
_APART = (("inputtokens", ("cachereadinputtokens", "cachecreationinputtokens", "cachewriteinputtokens")),
          ("inputtokencount", ("cachereadinputtokencount", "cachewriteinputtokencount")))  # fmt: skip
_INSIDE = ("billedunits", "tokens", "usage")  # a report may hold its counts one level further in
_REPORT_KEYS = ("usage", "usage_metadata", "usageMetadata", "token_usage", "tokenUsage", "token_count", "usage_info",
                "timings", "metadata", "meta", "extra", "message", "delta", "response")  # fmt: skip


def count(value: Any) -> int:
    """Return a number of tokens, whatever it is written as; what cannot be one is 0."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return 0
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return 0
    return int(min(max(value, 0), MAX_TOKENS))


@dataclass(slots=True)
class Counts:
    """What is known of a call. `prompt` holds the cached tokens, unless that cannot be."""

    prompt: int = 0
    output: int = 0
    read: int = 0
    written: int = 0
    hour: int = 0  # of those written: kept for an hour
    thought: int = 0
    total: int = 0
    apart: bool = False  # a wire of which it is known that cached tokens are not among the prompt's

    _last: Mapping[str, Any] | None = None  # a report that is not read yet: most replace the one before

    def note(self, report: Any) -> None:
        """Take over what a report of any form counts."""
        if not isinstance(report, dict):
            return
        if self._last is not None and not _replaces(report, self._last):
            self._take(self._last)
        self._last = report

    def _take(self, report: Mapping[str, Any]) -> None:
        counts = _read(report, apart=self.apart)
        if counts is None:
            return
        for name in ("prompt", "output", "read", "written", "hour", "thought"):
            if value := getattr(counts, name):
                setattr(self, name, value)
        self.total = counts.total  # that of an earlier report was of fewer tokens

    def usage(self) -> Usage | None:
        """Return the counts as events carry them, or None when nothing was told."""
        if self._last is not None:
            self._take(self._last)
            self._last = None
        if not (self.prompt or self.output or self.read or self.written):
            return None
        cached = self.read + self.written
        if not self.prompt and self.output < self.total:
            self.prompt = self.total - self.output
        # More cached tokens than the prompt has prove that they are not among its own.
        prompt = self.prompt + cached if self.apart or cached > self.prompt else self.prompt
        hidden = self.total - prompt - self.output
        apart = hidden in {cached, cached + self.thought} and hidden != self.thought
        if 0 < cached <= self.prompt == prompt and apart:
            prompt, hidden = prompt + cached, hidden - cached  # and so does a total of all
        output = self.output + max(hidden, 0)  # thoughts that are counted nowhere else
        return Usage(
            input_tokens=prompt - cached,
            output_tokens=output,
            reasoning_tokens=min(self.thought, output),
            cache_read_tokens=self.read,
            cache_write_tokens=self.written,
            cache_write_1h_tokens=min(self.hour, self.written),
        )


def usage_of(report: Any) -> Usage | None:
    """Return the counts of a single report, or None when it says nothing."""
    counts = Counts()
    counts.note(report)
    return counts.usage()


def reports_in(data: Mapping[str, Any]) -> Iterator[Any]:
    """Yield what may be a report in an object of a stream, the surest last: beside its words, and in extensions."""
    yield data  # a server's own form: the counts stand among the rest
    for name, value in data.items():
        if name.startswith("x_") and isinstance(value, dict):
            yield from (value.get(key) for key in _REPORT_KEYS)
    for key in reversed(_REPORT_KEYS):
        value = data.get(key)
        if isinstance(value, dict):
            yield value.get("usage")
            yield value


def _replaces(report: Mapping[str, Any], earlier: Mapping[str, Any]) -> bool:
    """Whether a report counts anew all that an earlier one did."""
    if report.keys() != earlier.keys():
        return False
    for name, value in earlier.items():
        if value and (report[name] != value if isinstance(value, dict) else not report[name]):
            return False
    return True


def _read(report: Any, *, apart: bool = False, inside: bool = False) -> Counts | None:
    if not isinstance(report, Mapping):
        return None
    report = _squeezed(report)
    for name in () if inside else _INSIDE:
        if isinstance(report.get(name), Mapping) and (inner := _read(report[name], apart=apart, inside=True)):
            return inner
    read = _among(report, _PROMPT_DETAILS, _READ) or _first(report, _READ)
    written = _among(report, _PROMPT_DETAILS, _WRITTEN) or _first(report, _WRITTEN)
    prompt, output = _first(report, _PROMPT), _first(report, _OUTPUT)
    if "promptn" in report:
        prompt = count(report["promptn"]) + read  # those that were read anew
    elif not apart and not count(report.get("prompttokens")) and _is_apart(report):
        prompt += read + written
    prompt += count(report.get("tooluseprompttokencount"))
    output += _first(report, _BESIDE)
    thought = _among(report, _OUTPUT_DETAILS, _THOUGHT) or _first(report, _THOUGHT)
    counts = Counts(prompt, output, read, written, _hour(report), thought, _first(report, _TOTAL))
    return counts if prompt or output or read or written or counts.total else None


def _squeezed(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return the report by squeezed names; of two that become one, the first that says anything."""
    squeezed_report: dict[str, Any] = {}
    for name, value in report.items():
        key = squeezed(name)
        squeezed_report[key] = squeezed_report.get(key) or value
    return squeezed_report


def _is_apart(report: Mapping[str, Any]) -> bool:
    return any(count(report.get(name)) and any(map(report.get, cached)) for name, cached in _APART)


def _first(report: Mapping[str, Any], names: Iterable[str]) -> int:
    for name in names:
        value = report.get(name)
        if value and (number := sum(map(count, value.values())) if isinstance(value, Mapping) else count(value)):
            return number
    return 0


def _hour(report: Mapping[str, Any]) -> int:
    """Return the tokens that were written to a cache for an hour: Anthropic names the life, Converse lists lives."""
    details = [details for key in _PROMPT_DETAILS if isinstance(details := report.get(key), Mapping)]
    for place in (report, *map(_squeezed, details)):
        for key in _BY_LIFE:
            lives = place.get(key)
            if isinstance(lives, Mapping):
                return count(_squeezed(lives).get(_HOUR))
            if isinstance(lives, list):
                rows = [_squeezed(row) for row in lives if isinstance(row, Mapping)]
                return sum(count(row.get("inputtokens")) for row in rows if row.get("ttl") == "1h")
    return 0


def _among(report: Mapping[str, Any], keys: Iterable[str], names: Iterable[str]) -> int:
    """Return the count in one of the objects that tell the details."""
    for key in keys:
        details = report.get(key)
        if isinstance(details, Mapping) and (number := _first(_squeezed(details), names)):
            return number
    return 0
