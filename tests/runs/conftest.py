"""The generator in this process, and the model server as its provider."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from pytest_django import Settings

from endpoints.catalog import registry
from runs.worker import Generator
from tests.model_server.fixtures import ModelServer
from tests.runs.scripted import Process, TestTools

ENDPOINTS = """
version: 1.3.5
endpoints:
  custom:
    - name: Somewhere
      apiKey: sk-test
      baseURL: {url}
      titleConvo: false
      models:
        default: [tiny, gpt-4o]
"""


@pytest.fixture
def provider(settings: Settings, tmp_path: Path, model_server: ModelServer) -> None:
    """One endpoint `Somewhere` with the models `tiny` and `gpt-4o`, which answers; no titles."""
    settings.LIBRECHAT_CONFIG = tmp_path / "librechat.yaml"
    settings.LIBRECHAT_CONFIG.write_text(ENDPOINTS.format(url=model_server.url))
    registry.reset()


@pytest.fixture
async def generator() -> AsyncIterator[Generator]:
    generator = Generator()
    task = asyncio.create_task(generator.run())
    yield generator
    generator.drain()
    await asyncio.wait_for(task, 20)
    await sync_to_async(connections.close_all)()


@pytest.fixture
def tools() -> TestTools:
    return TestTools()


@pytest.fixture
async def process(tools: TestTools) -> AsyncIterator[Process]:
    process = Process(tools)
    process.start()
    yield process
    await process.stop()
