"""AWS Signature Version 4: proves possession of a secret key for one request, without sending the key."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlsplit

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class AccessKey:
    key_id: str
    secret: str = field(repr=False)
    session_token: str = field(default="", repr=False)  # of keys that last for a while only


def signed(
    key: AccessKey,
    *,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    region: str,
    service: str,
    now: datetime | None = None,
) -> dict[str, str]:
    """Return `headers` and those that prove a POST of `body` to `url`."""
    moment = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    parts = urlsplit(url)
    proof = {"Host": parts.netloc, "X-Amz-Date": moment}
    if key.session_token:
        proof["X-Amz-Security-Token"] = key.session_token
    signing = {name.lower(): " ".join(value.split()) for name, value in {**headers, **proof}.items()}
    names = ";".join(sorted(signing))
    canonical = "\n".join(
        [
            "POST",
            quote(parts.path or "/", safe="/-_.~"),  # once more: what is encoded in the address is encoded again
            "&".join(sorted(f"{_escaped(name)}={_escaped(value)}" for name, value in parse_qsl(parts.query, True))),
            *(f"{name}:{signing[name]}" for name in sorted(signing)),
            "",
            names,
            hashlib.sha256(body).hexdigest(),
        ]
    )
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    text = "\n".join([_ALGORITHM, moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    secret = f"AWS4{key.secret}".encode()
    for step in (moment[:8], region, service, "aws4_request"):
        secret = hmac.digest(secret, step.encode(), "sha256")
    signature = hmac.new(secret, text.encode(), "sha256").hexdigest()
    credential = f"Credential={key.key_id}/{scope}"
    return {
        **headers,
        **proof,
        "Authorization": f"{_ALGORITHM} {credential}, SignedHeaders={names}, Signature={signature}",
    }


def _escaped(text: str) -> str:
    return quote(text, safe="-_.~")
