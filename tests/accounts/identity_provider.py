"""A real OpenID Connect provider on loopback, which keeps what it was asked and can be made to lie."""

import json
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import flask
import requests
from django.test import Client
from werkzeug.serving import make_server

with warnings.catch_warnings(record=True):  # of its libraries, about each other
    import oidc_provider_mock
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # it speaks http here


@dataclass
class OpenIdServer:
    """`tokens`, when set, changes the answer of the token endpoint; `asked` holds the queries and forms by path."""

    url: str = ""
    asked: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: Callable[[dict[str, Any]], None] | None = None
    documents: dict[str, Callable[[dict[str, Any]], None]] = field(default_factory=dict)

    def person(self, sub: str, **claims: Any) -> None:
        requests.put(f"{self.url}/users/{sub}", json=claims, timeout=5).raise_for_status()

    def agree(self, address: str, sub: str) -> str:
        """Sign in at the provider as `sub`; return the address it leads back to."""
        answer = requests.post(address, data={"sub": sub}, allow_redirects=False, timeout=5)
        assert answer.status_code == 302, answer.text[:500]
        return answer.headers["Location"]


@contextmanager
def running() -> Iterator[OpenIdServer]:
    server = OpenIdServer()
    app = oidc_provider_mock.app()

    def keep() -> None:
        server.asked[flask.request.path] = flask.request.values.to_dict()

    def change(response: flask.Response) -> flask.Response:
        changes = server.tokens if flask.request.path == "/oauth2/token" else server.documents.get(flask.request.path)
        if changes is not None and response.status_code == 200:
            body = json.loads(response.get_data())
            changes(body)
            response.set_data(json.dumps(body))
        return response

    app.before_request(keep)
    app.after_request(change)
    with serving(app) as server.url:
        yield server


@contextmanager
def serving(app: flask.Flask) -> Iterator[str]:
    """Serve an application on loopback; give its address."""
    web = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{web.server_port}"
    finally:
        web.shutdown()
        thread.join(5)
        web.server_close()


def query_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def path_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def sign_in_by_openid(client: Client, server: OpenIdServer, sub: str = "nina", path: str = "/oauth/openid") -> Any:
    """Go the whole way: out, agree, back."""
    there = client.get(path)
    assert there.status_code == 302, there.content[:500]
    return client.get(path_of(server.agree(there["Location"], sub)))
