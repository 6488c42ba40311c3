"""OpenID Connect: whatever the provider's token endpoint says, nobody is signed in by nonsense, and nothing breaks."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from tests.accounts.identity_provider import OpenIdServer, sign_in_by_openid
from tests.accounts.test_openid import openid_server, refused, shared_openid_server  # noqa: F401 (fixtures)

pytestmark = [pytest.mark.security, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
ODD: list[object] = [None, True, 10**30, "", "\x00", "\ud800", "a\r\nX: y", [1], {}]


@pytest.mark.parametrize("field", ["id_token", "access_token", "expires_in"])
def test_a_field_of_any_kind_is_no_fault_of_ours(openid_server: OpenIdServer, field: str) -> None:  # noqa: F811
    for odd in ODD:
        cache.clear()

        def change(answer: dict[str, Any], odd: object = odd) -> None:
            answer[field] = odd

        openid_server.tokens = change
        client = Client()
        answer = sign_in_by_openid(client, openid_server)
        assert answer.status_code in {302, 401}, (odd, answer.status_code)
        if field == "id_token":
            refused(client, answer, 401)
