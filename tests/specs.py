"""A file with model specs, for tests of every layer."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from endpoints.catalog import registry

ENDPOINTS = """
version: 1.3.17
endpoints:
  custom:
    - {name: Somewhere, apiKey: sk-planted, baseURL: "http://127.0.0.1:9/v1", models: {default: [tiny, small]}}
    - {name: Elsewhere, apiKey: sk-planted, baseURL: "http://127.0.0.1:9/v1", models: {default: [large]}}
"""
SPECS = """
modelSpecs:
  %s
  list:
    - name: helper
      label: The Helper
      description: Helps with everything
      order: 2
      preset: {endpoint: Somewhere, model: small, temperature: 0.3, promptPrefix: A secret prompt}
      subagents: {enabled: true, agent_ids: [agent_secret]}
    - name: writer
      label: The Writer
      description: "<b>Writes</b> letters<script>alert(1)</script>"
      order: 1
      group: Words
      showOnLanding: true
      conversation_starters: [Write a letter, Write a poem, Write a speech, Write a song, Write a fifth]
      preset: {endpoint: Elsewhere, modelLabel: Ada, topP: 0.5}
    - name: hidden
      label: The Hidden
      showInMenu: false
      preset: {endpoint: Somewhere, model: tiny}
    - {name: agent, label: The Agent, preset: {agent_id: agent_1}}
    - {name: nowhere, label: Nowhere, preset: {endpoint: Gone, model: x}}
"""


@pytest.fixture
def write_spec_file(settings: Settings, tmp_path: Path, fresh_registry: None) -> Callable[..., None]:
    """Let the site have these specs; return a function that writes the file again.

    Its `rules` are the keys beside the list, `more` other keys of the file.
    """

    def write(rules: str = "enforce: false", more: str = "") -> None:
        settings.LIBRECHAT_CONFIG = tmp_path / "librechat.yaml"
        settings.LIBRECHAT_CONFIG.write_text(ENDPOINTS + more + SPECS % rules.replace("\n", "\n  "))
        registry.reset()

    write()
    return write
