"""Endpoints from the file and the environment."""

import base64
import json
from pathlib import Path

import pytest

from api.librechat.endpoints.serializers import endpoint_out
from endpoints.providers.base import Endpoint, Titles
from endpoints.providers.factories import build
from siteconfig.configuration import load_config

SERVICE_KEY = json.dumps({"type": "service_account", "project_id": "my-project", "client_email": "a@b.example.org"})


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # where no key of a service account lies about


def built(tmp_path: Path, text: str) -> tuple[dict[str, Endpoint], list[str]]:
    file = tmp_path / "librechat.yaml"
    file.write_text("version: 1.3.17\nendpoints:\n" + text)
    endpoints, notices = build(load_config(file).document.endpoints)
    return {endpoint.name: endpoint for endpoint in endpoints}, notices


AZURE = """
  azureOpenAI:
    titleModel: current_model
    groups:
      - group: europe
        apiKey: key-eu
        instanceName: my-instance
        version: 2024-10-21
        deploymentName: common
        additionalHeaders: {X-Team: blue}
        dropParams: [user]
        models:
          gpt-4o: {deploymentName: four-o, version: 2025-01-01}
          gpt-5: true
      - group: full-domain
        apiKey: key-domain
        instanceName: mine.cognitiveservices.azure.com
        version: "1"
        models: {o3: {deploymentName: o-three}}
      - group: gateway
        apiKey: key-gateway
        instanceName: gate
        version: "2"
        baseURL: https://gate.example.org/${INSTANCE_NAME}/d/${DEPLOYMENT_NAME}/
        models: {o4: {deploymentName: o-four}}
      - group: serverless
        apiKey: key-less
        baseURL: https://llama.example.org/v1
        serverless: true
        models: {llama: true}
      - group: unset
        apiKey: ${NOT_SET_ANYWHERE}
        instanceName: x
        version: "1"
        models: {gone: {deploymentName: gone}}
"""


def test_each_azure_model_has_an_address_and_a_key_of_its_own(tmp_path: Path) -> None:
    endpoints, notices = built(tmp_path, AZURE)
    azure = endpoints["azureOpenAI"]
    assert azure.models.names == ("gpt-4o", "gpt-5", "o3", "o4", "llama")
    assert azure.titles.model == "current_model"
    assert notices == ["endpoint azureOpenAI (unset) is left out: NOT_SET_ANYWHERE is not set"]
    seen = {model: azure.for_model(model) for model in azure.models.names}
    assert {model: endpoint.connection.base_url for model, endpoint in seen.items()} == {
        "gpt-4o": "https://my-instance.openai.azure.com/openai/deployments/four-o",
        "gpt-5": "https://my-instance.openai.azure.com/openai/deployments/common",
        "o3": "https://mine.cognitiveservices.azure.com/openai/deployments/o-three",
        "o4": "https://gate.example.org/gate/d/o-four",
        "llama": "https://llama.example.org/v1",
    }
    assert seen["gpt-4o"].connection.query == {"api-version": "2025-01-01"}
    assert seen["gpt-5"].connection.query == {"api-version": "2024-10-21"}
    assert seen["gpt-4o"].models.wire_names == {"gpt-4o": "four-o"}
    assert (seen["gpt-4o"].connection.key_header, seen["gpt-4o"].connection.api_key) == ("api-key", "key-eu")
    assert (seen["gpt-4o"].connection.headers, seen["gpt-4o"].parameters.drop) == ({"X-Team": "blue"}, ("user",))
    assert (seen["llama"].connection.key_header, seen["llama"].connection.headers) == (
        "Authorization",
        {"api-key": "key-less"},
    )
    assert seen["llama"].connection.query == {}
    assert "key-" not in repr(azure)


def test_the_older_variables_make_an_azure_endpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AZURE_API_KEY": "k", "AZURE_OPENAI_API_INSTANCE_NAME": "inst", "AZURE_OPENAI_API_VERSION": "v",
        "AZURE_OPENAI_API_DEPLOYMENT_NAME": "dep", "AZURE_OPENAI_MODELS": "a,b",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    azure = built(tmp_path, "  custom: []")[0]["azureOpenAI"]
    assert azure.for_model("b").connection.base_url == "https://inst.openai.azure.com/openai/deployments/dep"
    monkeypatch.setenv("AZURE_USE_MODEL_AS_DEPLOYMENT_NAME", "true")
    azure = built(tmp_path, "  custom: []")[0]["azureOpenAI"]
    assert azure.for_model("b").connection.base_url == "https://inst.openai.azure.com/openai/deployments/b"


def test_gemini_goes_before_vertex_and_vertex_needs_a_service_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_SERVICE_KEY_FILE", base64.b64encode(SERVICE_KEY.encode()).decode())
    monkeypatch.setenv("GOOGLE_LOC", "europe-west4")
    google = built(tmp_path, "  custom: []")[0]["google"]
    assert (google.connection.wire, google.connection.model_prefix) == ("vertex", "vertex_ai/")
    assert google.connection.base_url == "https://europe-west4-aiplatform.googleapis.com"
    assert google.connection.credentials["vertex_project"] == "my-project"
    assert json.loads(google.connection.credentials["vertex_credentials"])["client_email"] == "a@b.example.org"
    assert "b.example.org" not in repr(google)
    monkeypatch.setenv("GOOGLE_KEY", "k")
    monkeypatch.setenv("GOOGLE_SAFETY_HARASSMENT", "BLOCK_NONE")
    google = built(tmp_path, "  google: {headers: {X-A: b}}")[0]["google"]
    assert (google.connection.model_prefix, google.connection.api_key, google.connection.headers) == (
        "gemini/",
        "k",
        {"X-A": "b"},
    )
    assert google.parameters.add == {
        "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]
    }


def test_a_service_account_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_SERVICE_KEY_FILE", str(tmp_path / "nothing.json"))
    endpoints, (notice,) = built(tmp_path, "  custom: []")
    assert endpoints == {}
    assert notice.startswith("endpoint google is left out: GOOGLE_SERVICE_KEY_FILE is neither")


def test_claude_runs_on_vertex_when_the_file_says_so(tmp_path: Path) -> None:
    key = tmp_path / "key.json"
    key.write_text(SERVICE_KEY)
    text = f"  anthropic:\n    vertex:\n      serviceKeyFile: {key}\n      region: global\n      models:\n"
    endpoints, _ = built(tmp_path, text + "        Sonnet: {deploymentName: claude-sonnet-5@1}\n        plain: true\n")
    claude = endpoints["anthropic"]
    assert (claude.connection.model_prefix, claude.connection.base_url) == (
        "vertex_ai/",
        "https://aiplatform.googleapis.com",
    )
    assert claude.models.names == ("Sonnet", "plain")
    assert claude.models.wire_names == {"Sonnet": "claude-sonnet-5@1"}
    assert not claude.models.fetch


def test_anthropics_models_come_from_the_file_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    claude = built(tmp_path, "  custom: []")[0]["anthropic"]
    assert (claude.models.fetch, claude.connection.key_header, claude.connection.model_prefix) == (
        True,
        "x-api-key",
        "anthropic/",
    )
    monkeypatch.setenv("ANTHROPIC_MODELS", "from-environment")
    claude = built(tmp_path, "  anthropic: {models: [from-file]}")[0]["anthropic"]
    assert (claude.models.fetch, claude.models.names) == (False, ("from-file",))


def test_bedrock_with_profiles_regions_and_a_guardrail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEDROCK_AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("BEDROCK_AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("BEDROCK_AWS_SECRET_ACCESS_KEY", "planted-secret")
    monkeypatch.setenv("PROFILE_ARN", "arn:aws:bedrock:p")
    endpoints, _ = built(
        tmp_path,
        "  bedrock:\n    models: [m]\n    inferenceProfiles: {m: '${PROFILE_ARN}'}\n    availableRegions: [a, b]\n"
        "    guardrailConfig: {guardrailIdentifier: g, guardrailVersion: '1', trace: enabled}\n",
    )
    bedrock = endpoints["bedrock"]
    assert (bedrock.connection.model_prefix, bedrock.models.names) == ("bedrock/", ("m",))
    assert (bedrock.connection.base_url, bedrock.connection.credentials["aws_region_name"]) == ("", "eu-central-1")
    assert bedrock.models.wire_names == {"m": "arn:aws:bedrock:p"}
    assert bedrock.connection.credentials == {
        "aws_region_name": "eu-central-1", "aws_access_key_id": "id", "aws_secret_access_key": "planted-secret",
    }  # fmt: skip
    assert bedrock.parameters.definitions == ({"key": "region", "options": ["a", "b"]},)
    assert bedrock.parameters.add["guardrailConfig"]["trace"] == "enabled"
    assert "planted" not in repr(bedrock)


@pytest.mark.parametrize(
    ("variables", "key"),
    [
        ({"BEDROCK_AWS_PROFILE": "work"}, "of-work"),
        ({"BEDROCK_AWS_DEFAULT_REGION": "eu-west-1"}, "of-default"),
        ({"BEDROCK_AWS_DEFAULT_REGION": "eu-west-1", "AWS_SECRET_ACCESS_KEY": "plain"}, "plain"),
        ({"BEDROCK_AWS_PROFILE": "work", "BEDROCK_AWS_SECRET_ACCESS_KEY": "own"}, "own"),
        ({"BEDROCK_AWS_PROFILE": "nobody"}, None),
    ],
)
def test_the_access_key_of_aws_comes_from_where_its_tools_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], key: str | None
) -> None:
    (tmp_path / "aws").write_text(
        "[default]\naws_secret_access_key = of-default\n[work]\naws_secret_access_key = of-work\n"
    )
    for name, value in {"AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "aws"), **variables}.items():
        monkeypatch.setenv(name, value)
    endpoints, notices = built(tmp_path, "  custom: []\n")
    if key is None:
        assert "bedrock" not in endpoints
        assert any("bedrock" in notice and "access key" in notice for notice in notices)
    else:
        assert endpoints["bedrock"].connection.credentials["aws_secret_access_key"] == key


ENTRY = "name: A, apiKey: k, baseURL: 'https://a.example.org', models: {default: [m]}"
CUSTOM = """
  all: {headers: {X-All: a, X-Both: all}}
  allowedAddresses: ["10.0.0.5:8080"]
  custom:
    - name: Mine
      apiKey: k
      baseURL: https://openrouter.ai/api/v1
      headers: {X-Both: own}
      directEndpoint: true
      iconURL: /icons/mine.png
      models: {default: [a, b], fetch: true, userIdQuery: true}
      titleMethod: functions
      customParams:
        reasoningFormat: reasoning_object
        reasoningKey: reasoning
        includeReasoningHistory: true
        paramDefinitions: [{key: temperature, default: 0.7, range: {min: 0, max: 1, step: 0.1}}]
      tokenConfig: {a: {prompt: 1, completion: 2, context: 5000, cacheRead: 0.1}}
    - name: Groq
      apiKey: user_provided
      baseURL: user_provided
      headers: {X-Secret: operator}
      models: {default: [m], fetch: true}
"""


def test_a_custom_endpoint_carries_every_key(tmp_path: Path) -> None:
    mine = built(tmp_path, CUSTOM)[0]["Mine"]
    assert mine.connection.headers == {"X-All": "a", "X-Both": "own"}
    assert (mine.connection.direct, mine.display.icon, mine.models.fetch, mine.models.user_id_query) == (
        True,
        "/icons/mine.png",
        True,
        True,
    )
    assert (mine.parameters.set_name, mine.parameters.reasoning_format, mine.parameters.reasoning_key) == (
        "openrouter", "reasoning_object", "reasoning",
    )  # fmt: skip
    assert (mine.parameters.resend_reasoning, mine.parameters.resend_reasoning_history) == (True, True)
    (definition,) = mine.parameters.definitions
    assert definition == {"key": "temperature", "default": 0.7, "range": {"min": 0, "max": 1, "step": 0.1}}
    assert mine.models.windows == {"a": 5000}
    assert mine.models.token_rates["a"].completion == 2


@pytest.mark.security
def test_an_address_that_people_write_gets_no_headers_and_only_the_allowed_exemptions(tmp_path: Path) -> None:
    groq = built(tmp_path, CUSTOM)[0]["Groq"]
    assert (
        groq.connection.key_from_user,
        groq.connection.url_from_user,
        groq.connection.api_key,
        groq.connection.base_url,
    ) == (True, True, "", "")
    assert groq.connection.headers == {}
    assert not groq.origin.written_by_operator
    assert groq.connection.allowed_addresses == (("10.0.0.5", 8080),)
    assert (groq.display.icon, groq.models.fetch) == ("groq", False)


def test_titles_of_all_hold_as_a_whole(tmp_path: Path) -> None:
    own = f"  custom:\n    - {{{ENTRY}, titleModel: own}}\n"
    assert built(tmp_path, own)[0]["A"].titles == Titles(model="own", role="system")
    everywhere = "  all: {titleTiming: final}\n"
    titles = built(tmp_path, everywhere + own)[0]["A"].titles
    assert (titles.model, titles.timing) == ("", "final")


@pytest.mark.parametrize("variable", ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_KEY", "BEDROCK_AWS_BEARER_TOKEN"])
def test_a_provider_whose_key_people_bring_is_offered_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "user_provided")
    (endpoint,) = built(tmp_path, "  custom: []")[0].values()
    assert (endpoint.connection.key_from_user, endpoint.connection.api_key, endpoint.models.fetch) == (True, "", False)
    assert endpoint.models.names


def test_the_default_order_is_the_documented_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_KEY", "BEDROCK_AWS_BEARER_TOKEN"):
        monkeypatch.setenv(name, "k")
    text = AZURE + "  custom:\n    - {" + ENTRY + "}\n"
    assert list(built(tmp_path, text)[0]) == ["openAI", "azureOpenAI", "google", "anthropic", "A", "bedrock"]
    monkeypatch.setenv("ENDPOINTS", "agents, custom,openAI,opnAI")
    endpoints, notices = built(tmp_path, text)
    assert list(endpoints) == ["A", "openAI"]
    assert notices == ["ENDPOINTS names “opnAI”, which is unknown"]


def test_a_client_sees_how_to_show_an_endpoint_and_never_its_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEDROCK_AWS_DEFAULT_REGION", "a")
    monkeypatch.setenv("BEDROCK_AWS_SECRET_ACCESS_KEY", "planted-secret")
    endpoints, _ = built(tmp_path, CUSTOM + "  bedrock: {availableRegions: [a, b]}\n" + AZURE)
    seen = {name: endpoint_out(endpoint).to_wire() for name, endpoint in endpoints.items()}
    assert seen["Mine"]["iconURL"] == "/icons/mine.png"
    assert seen["Mine"]["customParams"] == {
        "defaultParamsEndpoint": "openrouter",
        "reasoningFormat": "reasoning_object",
        "reasoningKey": "reasoning",
        "paramDefinitions": [{"key": "temperature", "default": 0.7, "range": {"min": 0, "max": 1, "step": 0.1}}],
    }
    assert (seen["Groq"]["userProvide"], seen["Groq"]["userProvideURL"], seen["Groq"]["iconURL"]) == (True, True, "")
    assert seen["azureOpenAI"] == {"order": 0, "userProvide": False, "azure": True}
    assert seen["bedrock"] == {"order": 0, "userProvide": False, "availableRegions": ["a", "b"]}
    assert "key-" not in str(seen)
