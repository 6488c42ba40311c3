"""Finish reasons of all providers: the names are unique enough for a single table."""

import re
from typing import Final

from messages.events import FinishReason

_SEPARATORS = re.compile(r"[^a-z0-9]+")
_JOINTS = re.compile(r"[:./]")


def squeezed(word: str) -> str:
    """Return a machine's word in small letters without separators: providers spell one name in many ways."""
    return _SEPARATORS.sub("", word.lower())


# What stands here is anything else than the model's own end; so "stop", "end_turn" and unknown words do not.
_REASONS: Final[dict[str, FinishReason]] = {
    **dict.fromkeys(
        ("length", "maxtokens", "maxoutputtokens", "maxnewtokens", "maxlength", "maxcompletiontokens", "modellength",
         "tokenlimit", "tokenlimitreached", "modelcontextwindowexceeded", "contextlength", "contextlengthexceeded",
         "contextlengthreached", "maxpredictedtokensreached", "errorlimit"),
        "length",
    ),
    **dict.fromkeys(("toolcalls", "toolcall", "functioncall", "tooluse"), "tool_calls"),
    **dict.fromkeys(
        ("contentfilter", "contentfiltered", "contentpolicy", "contentpolicyviolation", "safety", "recitation",
         "language", "blocklist", "prohibitedcontent", "spii", "imagesafety", "imageprohibitedcontent",
         "imagerecitation", "modelarmor", "jailbreak", "refusal", "guardrail", "guardrails", "guardrailintervened",
         "sensitive", "moderation", "moderated", "blocked", "flagged", "filtered",
         "errortoxic"),
        "content_filter",
    ),
    **dict.fromkeys(("pauseturn", "maxturns", "maxsteps", "maxtoolcalls", "toollimitreached"), "limit"),
}  # fmt: skip
# Not the end of a reply, but of the provider: a code of `endpoints.services.failure_words`; empty: by what had come.
_FAILURES: Final[dict[str, str]] = {
    **dict.fromkeys(
        ("error", "servererror", "networkerror", "insufficientsystemresource", "overloaded", "engineerror",
         "engineoverloaded", "internalerror", "internalservererror", "exception"),
        "overloaded",
    ),
    **dict.fromkeys(
        ("insufficientcredits", "insufficientbalance", "insufficientquota", "quotaexceeded", "outofcredits"), "quota"
    ),
    **dict.fromkeys(
        ("malformedfunctioncall", "unexpectedtoolcall", "toomanytoolcalls", "malformedresponse",
         "missingthoughtsignature", "malformedmodeloutput", "malformedtooluse", "other", "imageother", "noimage",
         "abort", "aborted", "aborterror", "cancelled", "canceled", "usercancel", "userstopped", "modelunloaded",
         "timeout", "timedout", "timelimit", "maxtime", "expired", "failed", "incomplete", "inprogress", "queued",
         "repetition"),
        "",
    ),
}  # fmt: skip


def reason_of(word: str) -> FinishReason:
    """Return why the reply ended; an unknown word is the model's own end.

    >>> reason_of("content_filter: PROHIBITED_CONTENT")
    'content_filter'
    """
    return _REASONS.get(_known(word), "stop")


def failure_code_of(word: str, *, began: bool) -> str | None:
    """Return the code of the failure that a finish reason stands for, or None where it is none."""
    code = _FAILURES.get(_known(word))
    return code if code is None else code or ("cut_off" if began else "bad_response")


def _known(word: str) -> str:
    """Return the first name in a reason that stands in a table: the whole, or one of those that it is put together of.

    >>> _known("FinishReason.MAX_TOKENS")
    'maxtokens'
    """
    names = (squeezed(name).removeprefix("finishreason") for name in (word, *_JOINTS.split(word)))
    return next((name for name in names if name in _REASONS or name in _FAILURES), "")
