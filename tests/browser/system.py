"""What the browser's tests and the pictures run on: providers to choose from, and the styleguide beside them."""

import contextlib
import subprocess
import sys
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
