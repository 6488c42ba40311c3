"""Characters that no text may contain: NUL, which Postgres refuses, and lone surrogates, which UTF-8 cannot encode."""

from collections.abc import Iterable, Mapping
from http.cookies import CookieError
from urllib.parse import unquote_plus

from django.http import parse_cookie

_SURROGATES = range(0xD800, 0xE000)


def is_possible(text: str) -> bool:
    """Tell whether `text` can be stored and sent."""
    return "\x00" not in text and (text.isascii() or not any(ord(character) in _SURROGATES for character in text))


def are_possible(texts: Iterable[str]) -> bool:
    return all(is_possible(text) for text in texts)


def handshake_is_possible(path: str, query: bytes, headers: Mapping[str, str]) -> bool:
    """Tell the same of a websocket's path, query, headers and cookies, whose values may be written as octal."""
    try:
        cookies = parse_cookie(headers.get("cookie", ""))
    except CookieError:
        return False
    plain = unquote_plus(query.decode("latin-1"), errors="replace")
    return are_possible([path, plain, *headers.values(), *cookies, *cookies.values()])
