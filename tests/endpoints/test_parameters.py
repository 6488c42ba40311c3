"""The table of parameters, and what each of its readers makes of it."""

from typing import Any

import pytest
from django.conf import settings
from pydantic import ValidationError

from api.librechat.endpoints.serializers import endpoint_out
from endpoints.parameters.page import render
from endpoints.parameters.sets import parameters_of
from endpoints.providers.base import Endpoint
from siteconfig.parameters.labels import LABELS, OPTIONS
from siteconfig.parameters.settings import keys, read, union
from siteconfig.parameters.table import SETS
from tests.endpoint_maker import make_endpoint

EVERY = [(name, parameter) for name, parameters in SETS.items() for parameter in parameters]


def custom(**more: Any) -> Endpoint:
    return make_endpoint(name="Mine", label="Mine", wire="openai", custom=True, **more)


def test_the_page_of_the_documentation_is_up_to_date() -> None:
    page = (settings.BASE_DIR / "docs" / "parameters.md").read_text()
    assert page == render(), "run `manage.py parameters_page`"


@pytest.mark.parametrize(("name", "parameter"), EVERY, ids=[f"{name}-{parameter.key}" for name, parameter in EVERY])
def test_every_default_and_limit_of_the_table_is_valid(name: str, parameter: Any) -> None:
    values = [parameter.low, parameter.high, *parameter.options, parameter.default]
    for value in values:
        if value not in (None, "", ()):
            assert read({parameter.key: value}) == {parameter.key: value}
    if parameter.type == "number" and parameter.default is not None:
        assert parameter.low <= parameter.default <= parameter.high
    assert parameter.key in LABELS
    assert set(parameter.options) <= set(OPTIONS)


def test_no_set_has_a_parameter_twice_and_nothing_is_left_over() -> None:
    for parameters in SETS.values():
        assert len({parameter.key for parameter in parameters}) == len(parameters)
    assert set(LABELS) == set(keys())


@pytest.mark.parametrize(
    "values",
    [
        {"temperature": 2.01}, {"temperature": "hot"}, {"top_p": -0.1}, {"max_tokens": 0}, {"stop": ["x"] * 17},
        {"stop": [""]}, {"effort": "huge"}, {"thinking": "perhaps"}, {"nonsense": 1}, {"promptPrefix": "x" * 100_001},
    ],
)  # fmt: skip
def test_what_no_set_takes_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read(values)


def test_a_body_has_types_and_a_query_string_has_texts() -> None:
    assert read({"temperature": "0.5", "thinking": "false"}) == {"temperature": 0.5, "thinking": False}
    for values in ({"temperature": "0.5"}, {"thinking": "false"}, {"max_tokens": 0.5}):
        with pytest.raises(ValidationError):
            read(values, strict=True)


def test_nothing_is_no_choice() -> None:
    assert read({"temperature": None, "stop": [], "effort": "", "thinking": False}) == {"thinking": False}


def test_every_name_of_the_documented_conversation_is_known() -> None:
    documented = {
        "region", "modelLabel", "promptPrefix", "system", "temperature", "top_p", "topP", "topK", "maxOutputTokens",
        "maxTokens", "max_tokens", "maxContextTokens", "presence_penalty", "frequency_penalty", "thinkingBudget",
        "fileTokenLimit", "reasoning_effort", "reasoning_summary", "reasoning_mode", "reasoning_context", "verbosity",
        "effort", "thinkingLevel", "promptCacheTtl", "imageDetail", "resendFiles", "promptCache", "thinking",
        "useResponsesApi", "web_search", "url_context", "disableStreaming", "stop", "thinkingDisplay",
    }  # fmt: skip
    assert set(union().model_fields) == documented


def test_definitions_of_an_endpoint_change_single_controls() -> None:
    definition = {
        "key": "temperature", "default": 0.3, "range": {"min": 0.1, "max": 0.9, "step": 0.1}, "label": "Heat",
        "description": "How hot.", "columnSpan": 9, "component": "input", "optionType": "conversation",
        "placeholder": "warm", "showLabel": False, "showDefault": False,
    }  # fmt: skip
    effort = {"key": "reasoning_effort", "options": ["low", "high"], "enumMappings": {"low": "Little"}}
    parameters_by_key = {
        parameter.key: parameter for parameter in parameters_of(custom(param_definitions=(definition, effort)), "m")
    }
    heat = parameters_by_key["temperature"]
    assert (heat.default, heat.low, heat.high, heat.step, heat.label) == (0.3, 0.1, 0.9, 0.1, "Heat")
    assert (heat.description, heat.columns, heat.control, heat.belongs) == ("How hot.", 4, "input", "conversation")
    assert (heat.placeholder, heat.show_label, heat.show_default, heat.always) == ("warm", False, False, True)
    assert parameters_by_key["reasoning_effort"].options == ("low", "high")
    assert parameters_by_key["reasoning_effort"].option_labels == {"low": "Little"}
    assert parameters_by_key["top_p"] == next(parameter for parameter in SETS["custom"] if parameter.key == "top_p")


def test_what_an_endpoint_drops_has_no_control() -> None:
    keys = [parameter.key for parameter in parameters_of(custom(drop_params=("stop", "user")), "m")]
    assert "stop" not in keys
    assert len(keys) == len(SETS["custom"]) - 1


def test_the_api_tells_which_parameters_an_endpoint_has() -> None:
    assert endpoint_out(custom()).to_wire()["customParams"] == {"defaultParamsEndpoint": "custom"}
    endpoint = custom(
        parameter_set="anthropic", reasoning_format="disabled", reasoning_key="reasoning",
        param_definitions=({"key": "topK", "default": 3},),
    )  # fmt: skip
    assert endpoint_out(endpoint).to_wire()["customParams"] == {
        "defaultParamsEndpoint": "anthropic",
        "reasoningFormat": "disabled",
        "reasoningKey": "reasoning",
        "paramDefinitions": [{"key": "topK", "default": 3}],
    }
