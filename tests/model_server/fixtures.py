"""The model server as a pytest fixture: one process for the whole run, forgotten before each test."""

import json
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.servers import free_port, wait_for_port

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class ModelServer:
    """A running model server, as a test sees it. `url` is the OpenAI base URL, `root` that of the others."""

    port: int
    process: "subprocess.Popen[bytes]"

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.root}/v1"

    def requests(self) -> list[dict[str, Any]]:
        return list(self._call("GET", "/__requests")["requests"])

    @property
    def count(self) -> int:
        """How many requests came since the test began."""
        return int(self._call("GET", "/__requests")["count"])

    def release(self, name: str = "stall") -> None:
        self._call("POST", "/__release?" + urllib.parse.urlencode({"name": name}))

    def reset(self) -> None:
        self._call("POST", "/__reset")

    def wait_until(
        self, condition: Callable[[list[dict[str, Any]]], bool], seconds: float = 10
    ) -> list[dict[str, Any]]:
        """Return the requests once they satisfy `condition`; fail when they do not in time."""
        end = time.monotonic() + seconds
        while not condition(requests := self.requests()):
            if time.monotonic() > end:
                raise AssertionError(f"the model server never saw it: {requests}")
            time.sleep(0.02)
        return requests

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def _call(self, method: str, path: str) -> Any:
        request = urllib.request.Request(self.root + path, method=method)  # noqa: S310 (loopback)
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return json.load(answer)


def start_model_server(port: int = 0) -> ModelServer:
    port = port or free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.model_server", "--port", str(port)], cwd=ROOT)
    wait_for_port(port, process)
    return ModelServer(port, process)


@pytest.fixture(scope="session")
def model_server_process() -> Iterator[ModelServer]:
    server = start_model_server()
    yield server
    server.stop()


@pytest.fixture
def model_server(model_server_process: ModelServer) -> ModelServer:
    model_server_process.reset()
    return model_server_process
