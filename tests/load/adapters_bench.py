"""`make bench ONLY=adapters`: what each wire costs per piece of a reply, and what litellm adds.

CPU is this process's alone: the model server is another one.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import django

from tests.model_server.fixtures import ROOT, start_model_server

CHUNKS, STREAMS, TURNS, ENDPOINTS = 2_000, 10, 50, 200
_MEMORY = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django; django.setup()
import endpoints.services.model_calls
from endpoints.providers.litellm import wire as litellm
if sys.argv[1] == "after":
    litellm.load()
lines = open("/proc/self/smaps_rollup").read().splitlines()
print(next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) // 1024)
"""
_ENTRY = """    - name: Place {number}
      apiKey: sk-{number}
      baseURL: https://place-{number}.example.com/v1
      headers: {{X-User: "{{{{LIBRECHAT_USER_ID}}}}"}}
      models: {{default: [small, large, huge], fetch: false}}
      dropParams: [stop, user]
      tokenConfig: {{small: {{prompt: 1, completion: 2, context: 32000}}}}
"""
_REGISTRY = """
import os, time
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django; django.setup()
from django.conf import settings
from endpoints.catalog import registry
from siteconfig.configuration import load_config
began = time.perf_counter()
made = registry._made(load_config(settings.LIBRECHAT_CONFIG), ())
[made.models(endpoint.name) for endpoint in made.endpoints]
print(time.perf_counter() - began)
"""


def bench_adapters(report: Any) -> None:
    """Add the figures to `report` (a `tests.load.bench.Report`)."""
    import uvloop  # noqa: PLC0415 (as the generator does)

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()  # what an endpoint is made of has models
    server = start_model_server()
    try:
        uvloop.run(_measure(report, server.root))
    finally:
        server.stop()
    before, after = _megabytes("before"), _megabytes("after")
    report.add("memory of a process with Django (PSS), litellm not loaded", f"{before} MB")
    report.add("the same once litellm is loaded", f"{after} MB", "", f"+{after - before} MB")
    with tempfile.TemporaryDirectory() as folder:
        none, many = (_registry_seconds(Path(folder) / "librechat.yaml", count) for count in (0, ENDPOINTS))
    extra = f"{many - none:.2f} s"
    report.add(f"a file with {ENDPOINTS} endpoints, beside none", extra, "≤ 1 s", f"{many:.2f} s in all")


async def _measure(report: Any, root: str) -> None:
    async with aiohttp.ClientSession() as session:
        base = statistics.median([await _first_byte(session, root) for _ in range(TURNS)])
    for name, (call, request) in _ways(root).items():
        # Once before the clock starts: what is imported late is imported now.
        await _read(call(_asking(request, CHUNKS)))
        began = time.process_time()
        for _ in range(STREAMS):
            await _read(call(_asking(request, CHUNKS)))
        micro = (time.process_time() - began) / (CHUNKS * STREAMS) * 1e6
        target = "≤ 20 µs/chunk" if name == "OpenAI wire" else ""
        report.add(f"{name}: CPU per 1,000 chunks", f"{micro:.1f} ms", target, f"{micro:.1f} µs per chunk")
        first = [await _first_event(call(_asking(request, 5))) for _ in range(TURNS)]
        added = (statistics.median(first) - base) * 1000
        report.add(
            f"{name}: first token added over direct, median", f"{added:.2f} ms", "", f"direct {base * 1000:.2f} ms"
        )


def _ways(root: str) -> "dict[str, tuple[Callable[[Any], AsyncIterator[Any]], Any]]":
    """Return, by name, how a call is made and an endpoint to make it of."""
    from endpoints.providers.base import ModelRequest  # noqa: PLC0415
    from endpoints.providers.litellm import wire as litellm  # noqa: PLC0415 (not before the report has begun)
    from endpoints.services.model_calls import stream  # noqa: PLC0415
    from tests.endpoint_maker import changed, make_endpoint  # noqa: PLC0415

    own = make_endpoint("Bench", "Bench", "openai", base_url=f"{root}/v1", api_key="sk", written_by_operator=True)
    other = changed(own, wire="litellm", base_url=root)
    keys = {"aws_access_key_id": "AKIA1", "aws_secret_access_key": "secret", "aws_region_name": "eu-west-1"}
    chat = ModelRequest(own, "bench-model", [])
    claude = replace(chat, endpoint=changed(other, model_prefix="anthropic/"), model="claude-sonnet-4-5")
    return {
        "OpenAI wire": (stream, chat),
        "Responses": (stream, replace(chat, uses_responses=True)),
        "Anthropic": (stream, claude),
        "Gemini": (stream, replace(chat, endpoint=changed(other, model_prefix="gemini/"))),
        "Bedrock": (
            stream,
            replace(chat, endpoint=changed(other, model_prefix="bedrock/", api_key="", credentials=keys)),
        ),
        "litellm, Anthropic": (litellm.stream, claude),
    }


def _asking(request: Any, tokens: int) -> Any:
    from endpoints.providers.base import PromptMessage  # noqa: PLC0415

    return replace(request, messages=[PromptMessage.of("user", f"[[tokens:{tokens}]]")])


async def _read(events: AsyncIterator[Any]) -> None:
    async for event in events:
        last = event
    if type(last).__name__ != "Finished":
        raise RuntimeError(f"the stream did not end well: {last}")


async def _first_event(events: AsyncIterator[Any]) -> float:
    began = time.perf_counter()
    seconds = 0.0
    async for _ in events:
        seconds = seconds or time.perf_counter() - began
    return seconds


async def _first_byte(session: aiohttp.ClientSession, root: str) -> float:
    body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "[[tokens:5]]"}]}
    began = time.perf_counter()
    async with session.post(f"{root}/v1/chat/completions", json=body) as answer:
        await answer.content.readany()
        seconds = time.perf_counter() - began
        await answer.read()
    return seconds


def _registry_seconds(file: Path, count: int) -> float:
    """Return how long a new process takes to read a file with so many endpoints, and to know its models."""
    custom = "".join(_ENTRY.format(number=number) for number in range(count))
    file.write_text("version: 1.3.17\n" + (f"endpoints:\n  custom:\n{custom}" if count else ""))
    environment = os.environ | {"CONFIG_PATH": str(file)}
    command = [sys.executable, "-c", _REGISTRY]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def _megabytes(when: str) -> int:
    done = subprocess.run([sys.executable, "-c", _MEMORY, when], cwd=ROOT, capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1])
