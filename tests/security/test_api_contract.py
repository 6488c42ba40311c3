"""The API keeps to its OpenAPI document, whatever is asked: no fault of ours, and no status that nobody described."""

import json
from typing import Any

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings

from accounts.models import User
from api.base.openapi import REFUSALS
from tests.api.conftest import Api, bearer
from tests.security.conftest import places_of

pytestmark = [
    pytest.mark.security,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("stream_threads", "somewhere"),
]
EXAMPLES = 3  # of each operation and each person: as many as two cores ask for in a minute
# These end what the next example needs, or are answered by async views that the synchronous entry cannot serve.
LEFT_OUT = ("/api/user/delete", "/api/auth/logout", "/api/agents/chat/stream/{stream_id}",
            "/api/convos/gen_title/{conversation_id}")  # fmt: skip


def document(user: User) -> dict[str, Any]:
    description: dict[str, Any] = json.loads(Api(user).get("/api/openapi.json").content)
    return description


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("caller", ["owner", "administrator", "nobody"])
def test_no_answer_is_undocumented(caller: str, owner: User, admin_user: User, belongings: dict[str, Any]) -> None:
    described = document(owner)
    schema = schemathesis.openapi.from_dict(described)
    user = {"owner": owner, "administrator": admin_user}.get(caller)
    client = Client(raise_request_exception=False, headers=bearer(user) if user else {})
    real, undocumented, asked = places_of(belongings), [], 0
    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]  # a schema that cannot be read raises here
        if operation.path in LEFT_OUT:
            continue

        @given(case=operation.as_strategy())
        @settings(max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate], derandomize=True,
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        def ask(case: Any) -> None:
            nonlocal asked
            for places in (real,) if asked % 2 else ({},):
                asked += 1
                status, text = answer_to(client, case, places)
                if status >= 500 or str(status) not in case.operation.definition.raw["responses"]:
                    undocumented.append(f"{case.method} {case.operation.path} {status} {text[:80]!r}")

        ask()
    assert asked > 150
    assert not sorted(set(undocumented))


def answer_to(client: Client, case: Any, places: dict[str, str]) -> tuple[int, str]:
    """Ask; `places` are ids that exist, in place of what was made up."""
    parameters = {**case.path_parameters, **{name: places[name] for name in case.path_parameters if name in places}}
    case.path_parameters = parameters
    sent = case.as_transport_kwargs(base_url="http://testserver")
    body = json.dumps(sent["json"]).encode() if "json" in sent else sent.get("data") or b""
    answer = client.generic(
        case.method, case.formatted_path, body if isinstance(body, bytes) else str(body).encode(), "application/json",
        query_params=sent.get("params"), headers=plain(sent.get("headers")),
    )  # fmt: skip
    text = b"".join(answer) if answer.streaming else answer.content
    return answer.status_code, text.decode(errors="replace")


def plain(headers: Any) -> dict[str, str]:
    ours = {"content-type", "user-agent", "authorization", "content-length"}
    return {name: str(value) for name, value in (headers or {}).items() if name.lower() not in ours}


def test_every_operation_describes_every_refusal(owner: User) -> None:
    for path, item in document(owner)["paths"].items():
        for method, operation in item.items():
            assert REFUSALS.keys() <= operation["responses"].keys(), (method, path)
            assert any(status.startswith("2") for status in operation["responses"]), (method, path)


def test_the_texts_of_signing_in_anew_are_described(owner: User) -> None:
    """Published clients want a text there, so the document says so."""
    answers = document(owner)["paths"]["/api/auth/refresh"]["post"]["responses"]
    for headers, status in (({}, "200"), ({"Cookie": "refreshToken=x"}, "403")):
        answer = Client().post("/api/auth/refresh", headers=headers)
        assert str(answer.status_code) == status
        assert answer["Content-Type"] in answers[status]["content"]
