"""Google, Discord, Facebook and Apple on loopback: each one's own wire, which believes nothing it is told."""

import hashlib
import hmac
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import Any, Final
from urllib.parse import urlencode

import flask
import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.test import Client

from tests.accounts.identity_provider import path_of, query_of, serving

KEY: Final = rsa.generate_private_key(public_exponent=65537, key_size=2048)
APPLE_KEY: Final = ec.generate_private_key(ec.SECP256R1())  # of the site's, known to Apple
ISSUERS: Final = {"google": "https://accounts.google.com", "apple": "https://appleid.apple.com"}


@dataclass
class SocialServer:
    """Plays all four, each below its name. `person` is who agrees there; `lies` change answers, by path."""

    url: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)  # of the next ID token, instead of what is true
    lies: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    posted: dict[str, Any] = field(default_factory=dict)  # the part of Apple's answer that the browser brings
    key: Any = KEY
    algorithm: str = "RS256"

    def agree(self, address: str) -> tuple[str, dict[str, str]]:
        """Agree at the page of `address`; return where it leads the browser, and the form it posts there (Apple)."""
        answer = requests.get(address, allow_redirects=False, timeout=5)
        if answer.status_code == 302:
            return answer.headers["Location"], {}
        reply = answer.json()
        return reply["action"], reply["form"]

    def authorize(self, name: str) -> Any:
        query = flask.request.args.to_dict()
        code = token_urlsafe(12)
        self.codes[code] = query
        fields = {"code": code, "state": query["state"]}
        if name != "apple":
            return flask.redirect(f"{query['redirect_uri']}?{urlencode(fields)}")
        assert query["response_mode"] == "form_post", "as Apple demands where a name or an address is asked for"
        return {
            "action": query["redirect_uri"],
            "form": fields | {"id_token": self.id_token(name, query)} | self.posted,
        }

    def token(self, name: str) -> Any:
        """Redeem a code: once, from who asked for it, with its secret."""
        form = flask.request.values.to_dict()
        begun = self.codes.pop(form.get("code", ""), None)
        if begun is None or any(form.get(key) != begun[key] for key in ("client_id", "redirect_uri")):
            return {"error": "invalid_grant"}, 400
        challenge = begun.get("code_challenge")
        verifier = urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if challenge and challenge != verifier.rstrip(b"=").decode():
            return {"error": "invalid_grant"}, 400
        if not self._knows(name, form["client_secret"]):
            return {"error": "invalid_client"}, 401
        tokens = {"access_token": f"{name}-t0ken", "token_type": "Bearer", "expires_in": 3600}
        return tokens | ({"id_token": self.id_token(name, begun)} if name in ISSUERS else {})

    def _knows(self, name: str, secret: str) -> bool:
        if name != "apple":
            return secret == f"{name}-secret"
        claims = jwt.decode(secret, APPLE_KEY.public_key(), algorithms=["ES256"], audience=ISSUERS["apple"])
        return (claims["iss"], claims["sub"], jwt.get_unverified_header(secret)["kid"]) == ("TEAM", "apple-id", "KEY")

    def id_token(self, name: str, begun: dict[str, str]) -> str:
        now = int(time.time())
        claims = {"iss": ISSUERS[name], "aud": begun["client_id"], "iat": now, "exp": now + 600, **self.person}
        claims |= {"nonce": begun["nonce"]} if "nonce" in begun else {}
        claims = {key: value for key, value in (claims | self.claims).items() if value is not None}
        return jwt.encode(claims, self.key, self.algorithm, headers={"kid": "k1"})

    def keys(self, _name: str) -> Any:
        return {"keys": [jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True) | {"kid": "k1"}]}

    def me(self, name: str) -> Any:
        query, token = flask.request.args, f"{name}-t0ken"
        if name == "facebook":
            proof = hmac.new(b"facebook-secret", token.encode(), hashlib.sha256).hexdigest()
            if (query["access_token"], query["appsecret_proof"]) != (token, proof):
                return {"error": {"message": "Invalid appsecret_proof"}}, 400
            return {key: value for key, value in self.person.items() if key in query["fields"].split(",")}
        if flask.request.headers["Authorization"] != f"Bearer {token}":
            return {"message": "401: Unauthorized", "code": 0}, 401
        return self.person


@contextmanager
def running() -> Iterator[SocialServer]:
    server, app = SocialServer(), flask.Flask(__name__)

    @app.route("/<name>/<act>", methods=["GET", "POST"])
    def act(name: str, act: str) -> Any:
        server.asked.append(f"{name}/{act}")
        answer = getattr(server, act)(name)
        lie = server.lies.get(f"{name}/{act}")
        return flask.jsonify(lie(answer)) if lie else answer

    with serving(app) as server.url:
        yield server


def bring_back(client: Client, back: tuple[str, dict[str, str]]) -> Any:
    """Do what the browser does with the provider's answer."""
    address, form = back
    if not form:
        return client.get(path_of(address))
    answer = client.post(path_of(address).rstrip("?"), form, headers={"Origin": "https://appleid.apple.com"})
    assert answer.status_code == 302, answer.content[:300]
    return client.get(answer["Location"])


def sign_in_by_social(client: Client, server: SocialServer, name: str) -> Any:
    """Go the whole way: out, agree, back."""
    there = client.get(f"/oauth/{name}")
    assert there.status_code == 302, there.content[:300]
    return bring_back(client, server.agree(there["Location"]))


def state_of(client: Client, name: str) -> str:
    return query_of(client.get(f"/oauth/{name}")["Location"])["state"]
