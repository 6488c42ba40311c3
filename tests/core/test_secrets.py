"""Secrets at rest."""

import pytest
from pytest_django import Settings

from core.secrets import Undecipherable, decrypt, encrypt

pytestmark = pytest.mark.security


def test_what_is_encrypted_comes_back_and_looks_different_each_time() -> None:
    first, second = encrypt("a secret"), encrypt("a secret")
    assert first != second
    assert "secret" not in first
    assert decrypt(first) == decrypt(second) == "a secret"


def test_another_key_opens_nothing(settings: Settings) -> None:
    stored = encrypt("a secret")
    settings.CREDS_KEY = "another"
    with pytest.raises(Undecipherable):
        decrypt(stored)


@pytest.mark.parametrize("stored", ["", "a secret", "v1:", "v1:x", "v2:x", "v1:ü"])
def test_what_was_never_encrypted_is_refused(stored: str) -> None:
    with pytest.raises(Undecipherable):
        decrypt(stored)


def test_an_altered_text_is_refused() -> None:
    stored = encrypt("a secret")
    with pytest.raises(Undecipherable):
        decrypt(stored[:-8] + "AAAAAAA=")
