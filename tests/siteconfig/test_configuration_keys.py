"""Every key of `librechat.yaml`, and the rules between them."""

from pathlib import Path

import pytest
import yaml

from siteconfig.configuration import ConfigFaults, load_config
from siteconfig.schema.document import Document

EVERY_KEY = Path(__file__).with_name("every_key.yaml")
CUSTOM = "name: A, apiKey: k, baseURL: 'https://a.example.org', models: {default: [m]}"
GROUP = "group: g, apiKey: k, instanceName: i, version: v"
OTHER = "group: h, apiKey: k, instanceName: i, version: v"
MODEL = "deploymentName: d, models: {m: true}"


def faults_of(tmp_path: Path, text: str) -> list[str]:
    """Return the faults of a file as people read them, without the lines."""
    file = tmp_path / "librechat.yaml"
    file.write_text("version: 1.3.17\n" + text)
    try:
        load_config(file)
    except ConfigFaults as refusal:
        return [f"{fault.path}: {fault.message}" for fault in refusal.faults]
    return []


def test_a_file_with_every_key_is_accepted() -> None:
    config = load_config(EVERY_KEY)
    assert set(yaml.safe_load(EVERY_KEY.read_text())) == set(Document.model_fields)
    unset = [notice.path for notice in config.notices if notice.message.endswith(" is not set")]
    assert unset[:2] == ["endpoints.all.headers.X-Site", "endpoints.bedrock.inferenceProfiles.us.model"]
    assert [notice.path for notice in config.notices if notice.path not in unset] == [
        "endpoints.custom[0].summarize",
        "endpoints.custom[0].forcePrompt",
    ]


def test_of_a_key_that_is_used_in_part_the_rest_is_named() -> None:
    unused = load_config(EVERY_KEY).not_in_use
    assert {"mcpServers", "memory", "speech", "ocr", "webSearch", "summarization", "actions", "fileConfig"} <= set(
        unused
    )
    assert {"endpoints.assistants", "endpoints.openAI.streamRate", "registration.openidDiscovery"} <= set(unused)
    assert "endpoints.azureOpenAI.groups[].models.o3.assistants" in unused
    assert {"modelSpecs.list[].skills", "modelSpecs.list[].subagents", "modelSpecs.list[].preset.examples"} <= set(
        unused
    )
    for used in (
        "version",
        "parley",
        "modelSpecs",
        "modelSpecs.list[].preset.temperature",
        "endpoints.custom",
        "endpoints.allowedAddresses",
        "balance",
    ):
        assert not any(path == used for path in unused)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("imageOutputType: gif", "imageOutputType: must be one of: 'png', 'webp' or 'jpeg'"),
        ("interface: {prompts: {use: often}}", "interface.prompts.use: must be true or false"),
        ("interface: {prompts: 3}", "interface.prompts: must be true or false, or must be a mapping of keys to values"),
        ("interface: {temporaryChatRetention: 9000}", "interface.temporaryChatRetention: must be at most 8760.0"),
        ("interface: {currency: {code: EUR}}", "interface.currency.rate: is required"),
        ("permissions: {maxWriteAttempts: 0}", "permissions.maxWriteAttempts: must be at least 1"),
        ("rateLimits: {agentEvents: {userMax: 1.5}}", "rateLimits.agentEvents.userMax: must be a whole number"),
        ("turnstile: {}", "turnstile.siteKey: is required"),
        ("speech: {tts: {}}", "speech.tts: needs exactly one of: openai, azureOpenAI, elevenlabs, localai"),
        ("memory: {agent: {provider: openAI}}", "memory.agent: needs `id`, or `provider` and `model`"),
        ("mcpServers: {a: {command: x}}", "mcpServers.a: a server of type stdio needs `command` and `args`"),
        ("mcpServers: {a: {type: sse, url: 'ws://x'}}",
         "mcpServers.a: the `url` of this type must begin with one of: http, https"),
        ("cloudfront: {domain: 'https://c.example.org', imageSigning: cookies}",
         "cloudfront: `imageSigning: cookies` needs `cookieDomain`"),
        ("skillSync: {github: {enabled: true}}", "skillSync.github: `enabled: true` needs `sources`"),
        ("filters: {messages: {pii: {fields: [title]}}}", "filters.messages.pii.fields[0]: must be one of: 'name'"),
        ("filters: {mesages: {}}", "filters.mesages: is not a known key here. Allowed: messages, prompts"),
        ("modelSpecs: {list: [{name: a, label: b, preset: {endpoint: custom}}]}",
         "modelSpecs.list[0].preset.endpoint: must be the name of one of `endpoints.custom`"),
        ("modelSpecs: {list: [{name: a, label: b, preset: {verbosity: loud}}]}",
         "modelSpecs.list[0].preset.verbosity: must be one of: '', 'low', 'medium' or 'high'"),
        ("parley: {discoverlocal: true}", "parley.discoverlocal: is not a known key here. Allowed: billing, discover"),
    ],
)  # fmt: skip
def test_a_rule_of_a_key_is_told_in_words(tmp_path: Path, text: str, fault: str) -> None:
    (message,) = faults_of(tmp_path, text)
    assert message.startswith(fault)


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ("titlePrompt: Name it", "titlePrompt: must contain {convo}"),
        ("titlePromptTemplate: '{input}'", "titlePromptTemplate: must contain {input}, {output}"),
        ("titleMethod: guess", "titleMethod: must be one of: 'completion', 'structured' or 'functions'"),
        ("provider: google", "provider: must be one of: 'anthropic'"),
        ("streamRate: -1", "streamRate: must be at least 0"),
        ("customParams: {reasoningFormat: flat}", "customParams.reasoningFormat: must be one of: "),
        ("customParams: {paramDefinitions: [{key: a, range: {min: 2, max: 1}}]}",
         "customParams.paramDefinitions[0].range: `min` must not be greater than `max`"),
        ("customParams: {paramDefinitions: [{key: a, columns: 5}]}",
         "customParams.paramDefinitions[0].columns: must be at most 4"),
    ],
)  # fmt: skip
def test_a_rule_of_a_custom_endpoint_is_told_in_words(tmp_path: Path, entry: str, fault: str) -> None:
    (message,) = faults_of(tmp_path, f"endpoints:\n  custom:\n    - {{{CUSTOM}, {entry}}}\n")
    assert message.startswith(f"endpoints.custom[0].{fault}")


@pytest.mark.parametrize("name", ["openAI", "azureOpenAI", "google", "anthropic", "assistants", "azureAssistants",
                                  "agents", "custom", "bedrock"])  # fmt: skip
def test_names_of_built_in_endpoints_are_reserved(tmp_path: Path, name: str) -> None:
    text = CUSTOM.replace("name: A", f"name: {name}")
    (message,) = faults_of(tmp_path, f"endpoints:\n  custom:\n    - {{{text}}}\n")
    assert message.startswith("endpoints.custom[0].name: must not be one of: ")


@pytest.mark.parametrize(
    ("groups", "fault"),
    [
        ("[]", "groups: must have at least one item"),
        (f"[{{{GROUP}, models: {{}}}}]", "groups[0].models: must have at least one item"),
        (f"[{{{GROUP}, models: {{m: true}}}}]", "groups[0]: “m” needs `deploymentName` and `version`"),
        ("[{group: g, apiKey: k, models: {m: true}}]", "groups[0]: needs `instanceName`, or `serverless: true`"),
        ("[{group: g, apiKey: k, serverless: true, models: {m: true}}]",
         "groups[0]: `serverless: true` needs `baseURL`"),
        (f"[{{{GROUP}, {MODEL}}}, {{{GROUP}, deploymentName: d, models: {{n: true}}}}]",
         "groups: every `group` must be unique; used twice: g"),
        (f"[{{{GROUP}, {MODEL}}}, {{{OTHER}, {MODEL}}}]",
         "groups: every model must be in only one group; used twice: m"),
        (f"[{{{GROUP}, models: {{m: false}}}}]", "groups[0].models.m: must be one of: True, or must"),
    ],
)  # fmt: skip
def test_the_rules_of_azure_groups(tmp_path: Path, groups: str, fault: str) -> None:
    (message,) = faults_of(tmp_path, f"endpoints: {{azureOpenAI: {{groups: {groups}}}}}")
    assert message.startswith(f"endpoints.azureOpenAI.{fault}")


@pytest.mark.security
@pytest.mark.parametrize(
    "entry", ["host:80", "10.0.0.5:8080", "127.0.0.1:1", "[fd00::5]:65535", "ollama.internal:11434"]
)
def test_an_exemption_names_a_private_host_and_a_port(tmp_path: Path, entry: str) -> None:
    assert faults_of(tmp_path, f"endpoints: {{allowedAddresses: ['{entry}']}}") == []


@pytest.mark.security
@pytest.mark.parametrize(
    "entry",
    ["", " ", "host", "10.0.0.5", "host:0", "host:70000", "http://host:80", "host:80/path", "10.0.0.0/8", "8.8.8.8:53",
     "[2606:4700::1111]:443", "fd00::5:80", "a b:80", "me@host:80", "10.0.0.0/8:80", "host:8０"],
)  # fmt: skip
def test_an_exemption_is_never_wider_or_public(tmp_path: Path, entry: str) -> None:
    (message,) = faults_of(tmp_path, f"actions: {{allowedAddresses: ['{entry}']}}")
    assert message.startswith("actions.allowedAddresses[0]: must ")


def test_an_invalid_summarization_is_passed_over_with_a_notice(tmp_path: Path) -> None:
    file = tmp_path / "librechat.yaml"
    file.write_text("version: 1.3.17\nsummarization: {trigger: {type: token_count, value: 5}}\n")
    config = load_config(file)
    assert config.document.summarization is None
    (notice,) = config.notices
    assert str(notice).startswith("summarization.trigger, line 2: must be one of: 'token_ratio'")


def test_words_that_older_yaml_took_for_something_else_are_texts(tmp_path: Path) -> None:
    file = tmp_path / "librechat.yaml"
    file.write_text("version: 2024-10-21\nfilteredTools: [on, no, 2024-01-01]\ncache: true\n")
    document = load_config(file).document
    assert document.filteredTools == ["on", "no", "2024-01-01"]
    assert document.version == "2024-10-21"


def test_definitions_name_parameters_of_a_known_set(tmp_path: Path) -> None:
    def faults_with(params: str, more: str = "titleConvo: true") -> list[str]:
        return faults_of(tmp_path, f"endpoints:\n  custom:\n    - {{{CUSTOM}, {more}, customParams: {params}}}\n")

    assert faults_with("{paramDefinitions: [{key: temperature}]}") == []
    assert faults_with("{defaultParamsEndpoint: google, paramDefinitions: [{key: topK}]}") == []
    assert faults_with("{paramDefinitions: [{key: thinking}]}", "provider: anthropic") == []
    (unknown,) = faults_with("{defaultParamsEndpoint: nowhere}")
    assert unknown.endswith("`customParams.defaultParamsEndpoint` is not a known set of parameters")
    (other,) = faults_with("{paramDefinitions: [{key: topK}]}")
    assert "keys that are not in the set: topK. Allowed: " in other
    assert "temperature" in other
    assert faults_with("{defaultParamsEndpoint: bedrock, paramDefinitions: [{key: region}]}") == []
