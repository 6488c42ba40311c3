"""Encryption of stored secrets, under a key that is derived from `CREDS_KEY`."""

import base64
import hashlib
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_VERSION = "v1:"  # stands before what was encrypted, so that another way can follow one day


class Undecipherable(Exception):
    """This was not encrypted with our key, or was altered."""


def encrypt(text: str) -> str:
    """Return `text` so that it can be stored: authenticated, and different each time."""
    return _VERSION + _fernet(settings.CREDS_KEY).encrypt(text.encode()).decode()


def decrypt(stored: str) -> str:
    """Return what `encrypt` was given. Raises `Undecipherable`."""
    if not stored.startswith(_VERSION):
        raise Undecipherable
    try:
        return _fernet(settings.CREDS_KEY).decrypt(stored.removeprefix(_VERSION).encode()).decode()
    except (InvalidToken, UnicodeError):
        raise Undecipherable from None


def digest(token: str) -> str:
    """Return what is stored of a token that we made: it is long and random, so a plain hash hides it."""
    return hashlib.sha256(token.encode()).hexdigest()


@lru_cache(maxsize=4)
def _fernet(secret: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"parley accounts secrets").derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
