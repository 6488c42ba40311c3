"""Reading tokens signed by a provider. The signature is always verified, and only with the provider's public keys."""

import hmac
from collections.abc import Mapping
from typing import Any, Final

import jwt

# By the type of the key. What is signed with a shared secret, or not at all, is not here.
ALGORITHMS: Final[Mapping[str, tuple[str, ...]]] = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "OKP": ("EdDSA",),
}
Claims = dict[str, Any]


class BadIdToken(Exception):
    """The token does not say who somebody is."""


class UnknownKey(BadIdToken):
    """It is signed with a key that the provider did not publish; perhaps it has a new one."""


def read_id_token(
    token: str, *, keys: Mapping[str, Any], issuer: str, client_id: str, nonce: str | None, leeway: int
) -> Claims:
    """Return the claims of an ID token that was made for us, now, and for this sign-in. Raises `BadIdToken`."""
    claims = _read(token, keys, leeway, issuer=issuer, audience=client_id, require=["exp", "iat", "iss", "aud", "sub"])
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (several or "azp" in claims) and claims.get("azp") != client_id:
        raise BadIdToken("azp")
    if nonce is not None and not hmac.compare_digest(str(claims.get("nonce", "")), nonce):
        raise BadIdToken("nonce")
    return claims


def read_access_token(token: str, *, keys: Mapping[str, Any], issuer: str, leeway: int) -> Claims:
    """Return the claims of an access token that is a JWT; of one that is not: none. Raises `BadIdToken`."""
    try:
        jwt.get_unverified_header(token)
    except jwt.InvalidTokenError:
        return {}
    return _read(token, keys, leeway, issuer=issuer, audience=None, require=["exp"])


def _read(
    token: str, keys: Mapping[str, Any], leeway: int, *, issuer: str, audience: str | None, require: list[str]
) -> Claims:
    try:
        header = jwt.get_unverified_header(token)
        key = _key(header, keys)
        claims: Claims = jwt.decode(
            token,
            key,
            algorithms=[header["alg"]],
            issuer=issuer,
            audience=audience,
            leeway=leeway,
            options={"require": require, "verify_aud": audience is not None},
        )
    except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
        raise BadIdToken(str(error)) from None
    return claims


def _key(header: Mapping[str, Any], keys: Mapping[str, Any]) -> jwt.PyJWK:
    algorithm, kid = header.get("alg"), header.get("kid")
    fitting = [
        key
        for key in keys.get("keys", [])
        if isinstance(key, dict)
        and algorithm in ALGORITHMS.get(key.get("kty", ""), ())
        and key.get("alg", algorithm) == algorithm
        and key.get("use", "sig") == "sig"
    ]
    if algorithm not in {name for names in ALGORITHMS.values() for name in names}:
        raise BadIdToken("alg")
    named = [key for key in fitting if key.get("kid") == kid] if kid else fitting
    if len(named) != 1:
        raise UnknownKey("kid")
    return jwt.PyJWK(named[0], algorithm=algorithm)
