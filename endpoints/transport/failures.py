"""The meaning of a provider's error: status and body, in whatever form, parsed once for all wires."""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any

from core.addresses import RefusedAddress
from endpoints.transport.framing import values_of
from endpoints.transport.http import BrokenAnswer, ConnectionFailed, ConnectTimedOut, OutboundError, TimedOut
from endpoints.transport.refusals import code_of, code_of_page, code_of_text, status_of
from messages.events import Failed

DETAIL = 500
# By the first class that fits.
_ERRORS: dict[type[Exception], str] = {
    RefusedAddress: "refused_address",
    ConnectTimedOut: "connect_timeout",
    TimedOut: "timeout",
    BrokenAnswer: "lost",
    ConnectionFailed: "connection",
    OutboundError: "bad_response",
}
_BEGUN = _ERRORS | {TimedOut: "stalled", BrokenAnswer: "cut_off"}
MAX_WAIT = 24 * 3600
MAX_DEPTH = 12  # of errors inside of errors
MAX_TEXT = 2000  # characters of a text
MAX_PARTS = 12  # codes and texts of one error
_CODES = ("code", "type", "status", "error_code", "errorCode", "status_code", "statusCode", "error_type", "__type",
          "Code", "reason", "originalStatusCode")  # fmt: skip
_WORDS = ("message", "msg", "Message", "error_message", "errorMessage", "error_msg", "status_msg", "faultstring",
          "title", "detail", "details", "error_description", "description", "explanation", "reason", "reasons", "raw",
          "originalMessage", "provider_name")  # fmt: skip
_INSIDE = ("error", "errors", "Error", "err", "exception", "fault", "response", "base_resp", "metadata", "innererror",
           "inner_error", "cause", "body", "incomplete_details", "stop_details")  # fmt: skip
_NAMES = ("error", "errors", "Error", "err", "exception", "fault")
_MARKS = ("success", "ok")  # false where there is an error
_GOOD = {"0", "200", "ok", "success", "succeeded", "20000", ""}
_decoder = json.JSONDecoder(strict=False)
_CODE = re.compile(r"[A-Za-z][\w.:/-]{2,80}")
_OF_ERRORS = re.compile(r"error|exception", re.IGNORECASE)
_HIDDEN = re.compile(r"<(script|style|svg)\b.*?(?:</\1>|$)", re.DOTALL | re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_AGAIN_IN = re.compile(
    r"(?:(?:try again|retry) (?:in|after)|wait(?: for)?) (?:about )?(?=\d)(?:(\d+) ?h(?:ours?)?)?\s*"
    r"(?:(\d+) ?m(?:in(?:ute)?s?)?(?!s|illi))?\s*(?:([\d.]+)\s*(ms|milli|s\b|sec))?"
)


@dataclass(slots=True)
class _Reasons:
    """The codes and texts of an error, from the outside inwards."""

    codes: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    behind: bool = False  # a gateway names the provider that refused
    wait: float = 0

    def look(self, value: Any, depth: int = 0) -> None:
        if depth > MAX_DEPTH:
            return
        if isinstance(value, str):
            self._look_in_text(value, depth)
        elif isinstance(value, list):
            for item in value[:MAX_PARTS]:
                self.look(item, depth + 1)
        elif isinstance(value, dict):
            self._look_in_object(value, depth)

    def _look_in_object(self, error: dict[str, Any], depth: int) -> None:
        for name in _CODES:
            code = error.get(name)
            if isinstance(code, str | int) and not isinstance(code, bool):
                self._note_code(str(code))
        if "flagged_input" in error:
            self._note_code("flagged_input")
        self.behind = self.behind or isinstance(error.get("provider_name"), str)
        delay = error.get("retryDelay")  # google.rpc.RetryInfo
        if isinstance(delay, str) and delay.endswith("s"):
            self.wait = self.wait or _number(delay[:-1])
        for name in (*_WORDS, *_INSIDE):
            if error.get(name):
                self.look(error[name], depth + 1)

    def _look_in_text(self, text: str, depth: int) -> None:
        """Note a text; an error that was quoted in it is one of its own."""
        start = text.find("{")
        if start >= 0 and (inner := _object_at(text, start)) is not None:
            self.look(inner, depth + 1)
            text = text[:start]
        text = " ".join(text[:MAX_TEXT].split())
        if _CODE.fullmatch(text):
            self._note_code(text)
        elif text and text not in self.texts and len(self.texts) < MAX_PARTS:
            self.texts.append(text)

    def _note_code(self, code: str) -> None:
        new = code not in self.codes and code.lower() != "error" and len(self.codes) < MAX_PARTS
        if new and (_CODE.fullmatch(code) or code.isdecimal()):
            self.codes.append(code)


def failure_of(status: int, body: Any, secrets: Iterable[str] = (), *, wait: int = 0, hint: str = "") -> Failed:
    """Return why the provider refused. `body` is its JSON or text; `secrets` never reach the detail.

    `wait`: seconds that it asks to wait; `hint`: a code that came beside the body.
    """
    if isinstance(body, str) and body.lstrip().startswith("<"):
        return Failed(code_of_page(status), _clean(f"{status} a web page: {title_of(body)}", secrets), wait)
    reasons = _Reasons([hint] if hint else [])
    reasons.look(body)
    text = " ".join([*reasons.texts, *reasons.codes])
    if body and not reasons.texts and not reasons.codes and isinstance(body, dict | list):
        reasons.texts.append(json.dumps(body, ensure_ascii=False)[:MAX_TEXT])  # a form that is not known
    detail = " ".join([str(status), *(code for code in reasons.codes if code != str(status)), *reasons.texts])
    wait = wait or _wait_in(reasons.wait, text)
    return Failed(code_of(status, reasons.codes, text.lower(), behind=reasons.behind), _clean(detail, secrets), wait)


def failure_in(body: Any, secrets: Iterable[str] = ()) -> Failed:
    """Return why the provider refused after its status went out: the body alone tells."""
    reasons = _Reasons()
    reasons.look(body)
    status = status_of(reasons.codes, 0)
    failed = failure_of(status or 500, body, secrets)
    return failed if status else replace(failed, detail=failed.detail.removeprefix("500 "))  # which nobody said


def failure_of_body(status: int, body: bytes, secrets: Iterable[str] = (), *, wait: int = 0, hint: str = "") -> Failed:
    """Return why the provider refused with this status. The body may be JSON, an event stream, a page or words."""
    values = list(values_of(body))
    objects = [value for value in values if isinstance(value, dict)]
    return failure_of(status, objects or " ".join(map(str, values)), secrets, wait=wait, hint=hint)


def failure_of_text(text: str, secrets: Iterable[str] = ()) -> Failed:
    """Return what stands for an answer that came with a 200 and is none: a page, or words that nobody expected."""
    if text.lstrip().startswith("<"):
        return Failed(code_of_page(200), _clean(f"a web page: {title_of(text)}", secrets))
    code = code_of_text(text.lower())
    return Failed(code, _clean(f"no answer: {text}" if text else "the stream ended before the reply did", secrets))


def failure_of_error(error: Exception, *, began: bool = False) -> Failed:
    """Return why no answer came. `began`: a part of it had come already."""
    kinds = _BEGUN if began else _ERRORS
    code = next((code for kind, code in kinds.items() if isinstance(error, kind)), "internal")
    return Failed(code, f"{type(error).__name__}: {error}"[:DETAIL])


def try_json(text: bytes, *, parse_float: Callable[[str], Any] | None = None) -> Any:
    """Return the JSON value in `text`, or the text when it is none. `parse_float` reads its fractions, else `float`."""
    try:
        return json.loads(text, parse_float=parse_float)
    except (ValueError, ArithmeticError, RecursionError):
        return text.decode("utf-8", "replace")


def names_error(data: Mapping[str, Any]) -> bool:
    """Whether an object that is no part of a reply says, in any of the known forms, that there is none."""
    if any(_tells(data.get(name)) for name in _NAMES) or any(data.get(name) is False for name in _MARKS):
        return True
    kind, said = data.get("type"), next((data[name] for name in _WORDS[:7] if data.get(name)), None)
    if data.get("object") == "error" or (isinstance(kind, str) and _OF_ERRORS.search(kind)):
        return True
    coded = _is_bad(data.get("code")) or _is_bad(data.get("error_code")) or _is_bad(data.get("errorCode"))
    if kind:  # an event of another kind, unless it says both
        return coded and isinstance(said, str)
    if coded or data.get("detail") or _is_bad_status(data.get("base_resp")) or _is_bad_status(data):
        return True
    return isinstance(said, str) and not {said.lower(), str(data.get("code")).lower()} & _GOOD


def _tells(value: Any) -> bool:
    """Whether the value of a field for errors is one: servers that are well write null, nothing, or a zero there."""
    if isinstance(value, dict):
        return any(_tells(item) for item in value.values())
    if isinstance(value, str | int | float):
        return str(value).lower() not in _GOOD | {"false", "none", "null"}
    return bool(value)


def _is_bad(code: Any) -> bool:
    """Whether a code is one of a failure: a number, or a word that is not the one for success."""
    if isinstance(code, bool) or not isinstance(code, str | int):
        return False
    text = str(code).lower()
    return text not in _GOOD and (not text.isdecimal() or int(text[:9]) >= 400)


def _is_bad_status(data: Any) -> bool:
    """Whether a field for the status holds that of a failure; other words in it mean that the work goes on."""
    if not isinstance(data, dict):
        return False
    if str(data.get("status")).lower() in {"error", "failed", "failure"}:
        return True
    numbers = [str(data.get(name)) for name in ("status_code", "statusCode", "status")]
    return any(number.isdecimal() and _is_bad(number) for number in numbers)


def title_of(page: str) -> str:
    """Return the title of a web page, or its first words."""
    title = _TITLE.search(page)
    return " ".join(unescape(title[1] if title and title[1].strip() else _TAG.sub(" ", _HIDDEN.sub(" ", page))).split())


def wait_of(headers: Mapping[str, str]) -> int:
    """Return the seconds that ``Retry-After`` asks to wait, from its number or its date; 0 when it says nothing."""
    text = headers.get("Retry-After", "").strip()
    try:
        seconds = float(text or float(headers.get("retry-after-ms", "")) / 1000)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return 0
    return _whole_seconds(seconds)


def _wait_in(wait: float, text: str) -> int:
    """Return the seconds to wait that a body asks for."""
    if wait:
        return _whole_seconds(wait)
    match = _AGAIN_IN.search(text.lower())
    if not match:
        return 0
    hours, minutes, number, unit = match.groups()
    seconds = _number(number or "0") / (1000 if unit in {"ms", "milli"} else 1)
    return _whole_seconds(int(hours or 0) * 3600 + int(minutes or 0) * 60 + seconds)


def _whole_seconds(seconds: float) -> int:
    return math.ceil(min(max(seconds, 0), MAX_WAIT)) if math.isfinite(seconds) else 0


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0


def _clean(detail: str, secrets: Iterable[str]) -> str:
    """Return the detail in one line, without secrets."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        detail = detail.replace(secret, "***")
    return " ".join(detail.split())[:DETAIL]


def _object_at(text: str, start: int) -> Any:
    try:
        return _decoder.raw_decode(text, start)[0]
    except (ValueError, RecursionError):
        return None
