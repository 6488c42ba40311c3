"""What the browser's tests and the pictures run on: providers to choose from, and the styleguide beside them."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator

from tests.load.stack import ROOT, Stack
from tests.servers import free_port, wait_for_port

YAML = """version: 1.3.17
endpoints:
  custom:
    - name: Workshop
      apiKey: sk-works
      baseURL: http://127.0.0.1:{port}/v1
      titleConvo: false
      models:
        default: [qwen3-32b, gemma-3-27b-it, mistral-small-3.2]
    - name: Titling
      apiKey: sk-works
      baseURL: http://127.0.0.1:{port}/v1
      titleConvo: true
      models:
        default: [gives-titles]
    - name: A second provider with quite a long name
      apiKey: sk-wrong
      baseURL: http://127.0.0.1:{port}/v1
      titleConvo: false
      models:
        default: [a-model-whose-name-goes-on-and-on-and-on-2026-11-21, no-such-model]
    - name: Unreachable
      apiKey: sk-works
      baseURL: http://127.0.0.1:1/v1
      titleConvo: false
      models:
        default: [nobody]
"""
LOOKS_AGAIN = 2.5  # seconds after which every process has seen a change of the file
SPECS = """modelSpecs:
  addedEndpoints: [Workshop, Titling]
  list:
    - name: helper
      label: Helper
      description: Knows a little about everything
      iconURL: openAI
      softDefault: true
      preset: {endpoint: Workshop, model: qwen3-32b, temperature: 0.3}
    - name: writer
      label: Writer
      description: "<b>Letters</b>, invitations, and what is to be said at a birthday party of somebody hardly known"
      group: Words
      groupIcon: mistral
      iconURL: anthropic
      showOnLanding: true
      conversation_starters: [Write a letter, Write an invitation to a birthday party]
      preset: {endpoint: Titling, model: gives-titles}
    - name: sketch
      label: Sketch
      group: Workshop
      preset: {endpoint: Workshop}
"""


@contextlib.contextmanager
def with_specs(stack: Stack) -> Iterator[None]:
    """Add model specs to the file, which is read live; take them out again."""
    file = stack.folder / "librechat.yaml"
    before = file.read_text()
    file.write_text(before + SPECS)
    time.sleep(LOOKS_AGAIN)
    try:
        yield
    finally:
        file.write_text(before)
        time.sleep(LOOKS_AGAIN)


@contextlib.contextmanager
def styleguide_server(stack: Stack) -> Iterator[str]:
    """Serve the stack's pages a second time, in debug, where there is a styleguide; give its address."""
    port = free_port()
    environment = stack.environment | stack.runtime() | {"DEBUG": "true", "ALLOWED_HOSTS": "127.0.0.1"}
    command = [sys.executable, "manage.py", "runserver", "--noreload", "--skip-checks", f"127.0.0.1:{port}"]
    with (stack.folder / "styleguide.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_for_port(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)
