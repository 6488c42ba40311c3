"""HTTP requests to identity providers, at addresses from the operator's settings only.

Addresses that people enter are fetched by the guarded client in `endpoints`, which `accounts` may not import. Here an
address comes from the settings or from the provider's own metadata, and may be in the organisation's private network.
Redirects are not followed, the machine's proxy settings and password files are not used, and size and time of a
response are limited.
"""

import time
from typing import Any, Final

import requests

from siteconfig.environment.reader import env

CONNECT_SECONDS: Final = 5
READ_SECONDS: Final = 10
NoAnswer = requests.RequestException  # for those who catch it
MAX_BYTES: Final = 1024 * 1024


class OperatorSession(requests.Session):
    """A session whose every request ends in time, at the address that was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.verify = env.text("SSL_CERT_FILE") or True

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs |= {"allow_redirects": False, "timeout": (CONNECT_SECONDS, READ_SECONDS), "stream": True}
        response = super().request(method, url, *args, **kwargs)
        response._content = _body(response)
        return response


def _body(response: requests.Response) -> bytes:
    """Read the answer. Raises `requests.RequestException` when it is too long or too slow."""
    end = time.monotonic() + READ_SECONDS
    body = b""
    for chunk in response.iter_content(16_384):
        body += chunk
        if len(body) > MAX_BYTES or time.monotonic() > end:
            response.close()
            raise requests.exceptions.ContentDecodingError("the answer is too long")
    return body
