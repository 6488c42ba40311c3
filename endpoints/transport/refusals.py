"""Classifies a provider's error: by machine-readable codes first, then by its message, then by its status."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from endpoints.providers.finishes import squeezed

# By the provider's own code, squeezed: what says more than a status does.
_CODES: Final = {
    **dict.fromkeys((
        "insufficientquota", "insufficientcredits", "insufficientbalance", "insufficientfunds", "billingerror",
        "billinghardlimitreached", "billingnotactive", "paymentrequired", "accountoverdue", "arrearage",
        "exceededcurrentquotaerror",
    ), "quota"),
    **dict.fromkeys((
        "keylimitexceeded", "budgetexceeded", "spendlimitexceeded", "spendinglimitexceeded", "usagelimitreached",
        "usagelimitexceeded",
    ), "key_limit"),
    **dict.fromkeys((
        "invalidapikey", "apikeyinvalid", "apikeyexpired", "incorrectapikey", "authenticationerror",
        "invalidauthentication",
        "unauthenticated", "unrecognizedclientexception", "invalidsignatureexception", "expiredtokenexception",
        "missingauthenticationtokenexception", "missingauthenticationtoken", "incompletesignatureexception",
        "invalidclienttokenid", "invalidtoken", "tokenexpired", "accountdeactivated",
    ), "bad_key"),
    **dict.fromkeys((
        "modelnotfound", "modelnotfounderror", "unknownmodel", "invalidmodel", "modelnotavailable",
        "deploymentnotfound", "modeldeprecated", "modeldecommissioned", "nosuchmodel",
    ), "no_such_model"),
    **dict.fromkeys((
        "contextlengthexceeded", "contextwindowexceeded", "contextwindowexceedederror", "exceedcontextsizeerror",
        "requesttoolarge", "prompttoolong", "inputtoolong", "maxtokensexceeded", "stringabovemaxlength",
        "modelcontextwindowexceeded", "inputlengthexceeded", "payloadtoolarge", "tokenslimitreached",
    ), "context_too_long"),
    **dict.fromkeys((
        "contentfilter", "contentpolicyviolation", "contentpolicyviolationerror", "moderationblocked",
        "moderationerror",
        "responsibleaipolicyviolation", "datainspectionfailed", "flaggedinput", "invalidprompt", "contentblocked",
        "contentmoderation", "promptblocked", "safetyviolation", "guardrailviolation", "guardrailintervened",
        "sensitivewordsdetected", "cyberpolicyviolation",
    ), "content_filter"),
    **dict.fromkeys((
        "unsupportedcountryregionterritory", "unsupportedcountry", "unsupportedregion", "unsupportedlocation",
        "countrynotsupported", "regionnotsupported", "locationnotsupported", "geoblocked",
    ), "region"),
}  # fmt: skip
# A code that says no more than a status does.
_STATUS_OF: Final = {
    **dict.fromkeys(("invalidrequesterror", "invalidrequest", "badrequest", "badrequesterror", "invalidargument",
                     "invalidparameter", "validationexception", "validationerror", "failedprecondition"), 400),
    **dict.fromkeys(("permissiondeniederror", "permissionerror", "permissiondenied", "forbidden",
                     "requestforbidden", "accessdenied", "accessdeniedexception", "notauthorized"), 403),
    **dict.fromkeys(("notfounderror", "notfound", "resourcenotfoundexception", "resourcenotfound"), 404),
    **dict.fromkeys(("modeltimeoutexception", "timeouterror", "deadlineexceeded", "requesttimeout", "gatewaytimeout",
                     "timeout", "apitimeouterror"), 504),
    **dict.fromkeys(("unprocessableentity", "unprocessableentityerror"), 422),
    **dict.fromkeys(("ratelimitexceeded", "ratelimiterror", "ratelimited", "ratelimit", "toomanyrequests",
                     "toomanyrequestsexception", "throttlingexception", "throttling", "throttled", "resourceexhausted",
                     "limitexceeded", "servicequotaexceededexception"), 429),
    **dict.fromkeys(("servererror", "internalservererror", "internalserverexception", "internalerror", "apierror",
                     "modelstreamerrorexception", "modelerrorexception", "internal", "engineerror"), 500),
    **dict.fromkeys(("overloadederror", "overloaded", "serviceunavailable", "serviceunavailableerror", "unavailable",
                     "serviceunavailableexception", "serverisoverloaded", "modelnotreadyexception", "modeloverloaded",
                     "enginedoverloaded", "engineoverloadederror"), 503),
    "unauthorized": 401,
}  # fmt: skip
_STATUSES: Final = {
    401: "bad_key", 402: "quota", 404: "no_such_model", 407: "proxy", 408: "timeout",
    405: "bad_response", 413: "context_too_long", 424: "overloaded", 429: "rate_limit", 451: "region",
    498: "overloaded", 504: "timeout", 511: "proxy", 522: "timeout", 524: "timeout",
}  # fmt: skip
_OF_PAGES: Final = {
    **_STATUSES,
    **dict.fromkeys((400, 404, 405), "bad_response"),
    **dict.fromkeys((401, 402, 403, 451), "proxy"),
}

_TOO_LARGE = re.compile(r"request (?:body )?too large for|too large for model")
# The longest reply that was asked for, not the prompt.
_CAP_TOO_LARGE = re.compile(r"max_(?:\w+_)?tokens\W{0,2} is too large")
_TOO_LONG = re.compile(
    r"context[ _-]?(?:length|window|size|limit)|exceed_context_size|range of input length"
    r"|(?:prompt|input|message|conversation|request)s? (?:is|are|was) too (?:long|large)|(?:prompt|input) too long"
    r"|too many (?:input |prompt )?tokens|maximum (?:prompt|input) (?:length|size|tokens)"
    r"|maximum number of (?:input )?tokens|input length and .?max_tokens.? exceed|inputs?.? tokens \+ .?max_new_tokens"
    r"|(?:prompt|input|messages?)\b[^.]{0,60}\bexceeds? (?:the|this|our|its)?[^.]{0,30}(?:limit|maximum|max\b|length)"
    r"|(?:input|prompt) tokens? (?:exceed|limit)"
    r"|must have less than \d+ tokens|longer than the maximum model length|exceeds the max_model_len"
    r"|(?:reduce|shorten) (?:the (?:length|size|number) of )?(?:the |your )?(?:messages|prompt|input|conversation)"
)
_PLACE = r"(?:countr(?:y|ies)|regions?|territor(?:y|ies)|locations?)"
_REGION = re.compile(
    rf"{_PLACE}\b[^.]{{0,60}}(?:not |un)(?:supported|available|allowed|permitted)"
    rf"|unsupported {_PLACE}"
    rf"|not (?:offered|available|supported|allowed) (?:in|from|for) (?:your|this) (?:{_PLACE}|area)"
)
_KEY_LIMIT = re.compile(
    r"\bkey(?:'s)?(?: \w+)? (?:limit|budget|quota)\b"
    r"|(?:limit|budget|quota) (?:of|for|on) (?:this|the|your) (?:api )?key"
    r"|\bkey\b[^.]{0,40}(?:exceed|reach|exhaust|used up)\w*[^.]{0,40}(?:limit|budget|quota)"
    r"|budget\b[^.]{0,30}exceed|exceed\w*\b[^.]{0,40}\bbudget|spend(?:ing)? (?:limit|cap)\b|(?:api )?usage limits?\b"
)
_PERIOD_LIMIT = re.compile(r"(?:daily|weekly|monthly|total) (?:\w+ )?(?:limit|quota|cap)\b")
_QUOTA = re.compile(
    r"insufficient[_ ](?:\w+ )?(?:balance|credit|fund|quota)|credit balance is too low|out of credits?|余额不足|欠费"
    r"|not enough (?:credit|balance|funds)|(?:no|any|more|all available) credits\b|payment required"
    r"|exceeded your (?:current )?quota"
)
_FILTERED = re.compile(
    r"\bflagged\b|content[ _-](?:management|moderation|filter\w*|policy|policies)|\bmoderat(?:ion|ed)\b|usage polic"
    r"|content exists risk|敏感|safety[ _](?:system|filter|polic|reason|check)"
    r"|inappropriate (?:content|input)|data[ _]?inspection|\bguardrails?\b"
    r"|sensitive (?:content|words?|information)|violat\w+ [^.]{0,40}(?:polic|guideline)"
    r"|(?:content|prompt|input) (?:was |is |has been )?(?:blocked|filtered|refused|rejected)"
)
_BAD_KEY = re.compile(
    r"(?:invalid|incorrect|wrong|expired|revoked|disabled|unknown|missing|malformed|no) (?:\w+ )?"
    r"(?:api[ _-]?key|x-api-key|access token|auth\w*|credentials?)\b"
    r"|api[ _-]?key[^.]{0,30}(?:not valid|invalid|incorrect|expired|revoked|missing|not found|not recogni"
    r"|disabled|leaked)"
)
_BAD_TOKEN = re.compile(
    r"(?:security |access |bearer )?token[^.]{0,40}(?:invalid|expired|revoked|missing)|not authenticated"
    r"|(?:invalid|expired|missing) [\w ]{0,12}(?:token|signature|key)|authentication (?:failed|required)"
    r"|signature[^.]{0,40}(?:not match|mismatch|invalid|expired)"
)
_NO_MODEL = re.compile(
    r"model identifier is invalid|(?:unknown|no such|unsupported|invalid|not a valid) model\b"
    r"|model\b.{0,80}(?:(?:does )?not exist|not found|is not available"
    r"|has been (?:deprecated|decommissioned|retired|removed))"
)
_CANNOT = re.compile(r"no (?:endpoints|providers?) (?:found|available)[^.]{0,40}support|does not support")
_LIMITED = re.compile(r"rate[ _-]?limit|too many requests|requests? per (?:second|minute|day)|throttl")
_BUSY = re.compile(
    r"overloaded|\bbusy\b|no (?:free )?capacity|temporarily|unavailable|\bupstream\b|bad gateway|connect error"
    r"|timed? ?out|try again later|internal server error"
)
_IN_BETWEEN = re.compile(r"rbac: access denied|error code: 1\d{3}|\b(?:upstream|cloudflare|firewall|proxy|waf)\b")
_BEHIND = re.compile(r"provider returned error|\bupstream\b|litellm\.\w+error")
_NO_ADDRESS = re.compile(
    r"(?!.*model)\"?(?:(?:404 )?(?:page |path |route |resource )?not found\b|no route\b|cannot (?:post|get)\b"
    r"|(?:unknown|invalid) (?:url|path|request url)\b|default backend\b)"
)
# Before the status is asked, and whatever it is: what the words say beyond doubt.
_WORDS: Final = (
    (_TOO_LARGE, "context_too_long"), (_REGION, "region"), (_KEY_LIMIT, "key_limit"), (_QUOTA, "quota"),
)  # fmt: skip
# And these where the status does not say otherwise, by the first that fits.
_ANY: Final = range(600)
_BY_STATUS: Final = (
    (_ANY, _CAP_TOO_LARGE, "bad_request"),
    (_ANY, _TOO_LONG, "context_too_long"),
    ({402, 403}, _PERIOD_LIMIT, "key_limit"),
    ({200, 400, 403, 422, 500}, _FILTERED, "content_filter"),
    ({400, 403, 500}, _BAD_KEY, "bad_key"),
    ({400, 500}, _NO_MODEL, "no_such_model"),
)  # fmt: skip


def status_of(codes: Sequence[str], default: int) -> int:
    """Return the status that the codes stand for: the first that is a number, or a name for one."""
    for code in codes:
        if code.isdecimal() and 400 <= int(code[:4]) < 600:
            return int(code)
    named = (_STATUS_OF.get(squeezed(code)) for code in codes)
    return next((status for status in named if status), default)


def code_of(status: int, codes: Sequence[str], text: str, *, behind: bool = False) -> str:
    """Return a code of `endpoints.services.failure_words`.

    `text` is in small letters; `behind`: a gateway names its provider.
    """
    status = _refined(status, codes)
    # A limit of requests may call itself a quota, or that of a key.
    limited = "resourceexhausted" in map(squeezed, codes) or bool(_LIMITED.search(text))
    for code in codes:
        if known := _CODES.get(squeezed(code)):
            return known
    for pattern, known in _WORDS:
        if pattern.search(text) and not (limited and known in {"quota", "key_limit"}):
            return known
    if status == 429 or (status in {403, 500} and _LIMITED.search(text)):
        return "upstream_limit" if behind or _BEHIND.search(text) else "rate_limit"
    return _by_words(status, text) or _by_status(status, text)


def _refined(status: int, codes: Iterable[str]) -> int:
    """Return the status, or that of a code which is more precise: gateways answer 400 or 500 to anything."""
    if status not in {200, 400, 500}:
        return status
    named = (_STATUS_OF.get(squeezed(code)) for code in codes)
    return next((refined for refined in named if refined and refined not in {400, 500}), status)


def _by_words(status: int, text: str) -> str:
    codes = (code for statuses, pattern, code in _BY_STATUS if status in statuses and pattern.search(text))
    return next(codes, "")


def _by_status(status: int, text: str) -> str:
    if status == 403:
        return "bad_key" if _BAD_TOKEN.search(text) else "proxy" if _IN_BETWEEN.search(text) else "forbidden"
    if status == 404 and _CANNOT.search(text):
        return "bad_request"
    if status == 404 and _NO_ADDRESS.match(text):
        return "bad_response"
    fallback = "overloaded" if status >= 500 else "bad_request" if status >= 400 else "bad_response"
    return _STATUSES.get(status, fallback)


def code_of_page(status: int) -> str:
    """Return the code where a web page came in place of a provider's answer."""
    if status < 400:
        return "bad_response"
    return _OF_PAGES.get(status) or ("overloaded" if status >= 500 else "proxy")


def code_of_text(text: str) -> str:
    """Return the code for words that came with a 200 and are no answer."""
    return "overloaded" if _BUSY.search(text) else "bad_response"
