"""A whole Parley of its own for one benchmark run: `manage.py up` on a temporary folder, with the model server."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers import free_port, wait_for_port

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "bench-results"
CLOCK = os.sysconf("SC_CLK_TCK")
YAML = """version: 1.3.17
endpoints:
  custom:
    - name: Bench
      apiKey: sk-bench
      baseURL: http://127.0.0.1:{port}/v1
      titleConvo: false
      models:
        default: [bench-model]
"""


@dataclass
class Stack:
    folder: Path
    port: int
    model_port: int
    process: "subprocess.Popen[bytes]"
    model: "subprocess.Popen[bytes]"
    environment: dict[str, str] = field(repr=False)
    root: Path = ROOT  # the checkout whose Parley it is, and the Python that runs it
    python: str = sys.executable
    start_seconds: float = 0.0

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def model_url(self) -> str:
        return f"http://127.0.0.1:{self.model_port}"

    def runtime(self) -> dict[str, str]:
        """Return the addresses of the embedded parts."""
        lines = (self.folder / "data" / "runtime.env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def processes(self) -> list[int]:
        return tree(self.process.pid)

    def cpu_seconds(self) -> float:
        return sum(_cpu(pid) for pid in self.processes())

    def pss_megabytes(self) -> dict[str, float]:
        """Return the proportional set size of each part, by the name of its command."""
        sizes: dict[str, float] = {}
        for pid in self.processes():
            name = _name(pid)
            sizes[name] = sizes.get(name, 0) + _pss(pid)
        return sizes


@contextlib.contextmanager
def running_stack(
    folder: Path | None = None, *, yaml: str = YAML, root: Path = ROOT, python: str = sys.executable, **settings: str
) -> Iterator[Stack]:
    """Start the model server and the Parley of `root`; stop both, and delete the folder unless it was given.

    The model server is always this checkout's.
    """
    own = folder is None
    folder = folder or Path(tempfile.mkdtemp(prefix="parley-bench-"))
    model_port, port = free_port(), free_port()
    (folder / "librechat.yaml").write_text(yaml.format(port=model_port))
    kept = {name: value for name, value in os.environ.items() if not name.endswith(("_API_KEY", "_KEY"))}
    environment = kept | {
        "PORT": str(port),
        "PARLEY_DATA": str(folder / "data"),
        "CONFIG_PATH": str(folder / "librechat.yaml"),
        "LOCAL_MODEL": "off",
        **settings,
    }
    for name in ("DATABASE_URL", "REDIS_URL", "LOCAL_MODEL_URL"):
        environment.pop(name, None)
    model = subprocess.Popen([sys.executable, "-m", "tests.model_server", "--port", str(model_port)], cwd=ROOT)
    wait_for_port(model_port, model)
    process = _up(environment, folder, root, python)
    stack = Stack(folder, port, model_port, process, model, environment, root, python)
    try:
        stack.start_seconds = wait_ready(stack)
        yield stack
    finally:
        stop(stack.process)
        model.send_signal(signal.SIGTERM)
        model.wait(10)
        if own:
            shutil.rmtree(folder, ignore_errors=True)


def restart(stack: Stack) -> float:
    """Stop Parley and start it again on its data; return the seconds until it was ready."""
    stop(stack.process)
    stack.process = _up(stack.environment, stack.folder, stack.root, stack.python)
    stack.start_seconds = wait_ready(stack)
    return stack.start_seconds


def stop(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


def wait_ready(stack: Stack, seconds: float = 300) -> float:
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        if stack.process.poll() is not None:
            raise RuntimeError((stack.folder / "up.log").read_text()[-3000:])
        with contextlib.suppress(OSError), urllib.request.urlopen(stack.base + "/readyz", timeout=2) as reply:
            if reply.status == 200:
                return time.monotonic() - started
        time.sleep(0.02)
    raise RuntimeError("not ready:\n" + (stack.folder / "up.log").read_text()[-3000:])


def _up(
    environment: dict[str, str], folder: Path, root: Path = ROOT, python: str = sys.executable
) -> "subprocess.Popen[bytes]":
    with (folder / "up.log").open("ab") as log:
        return subprocess.Popen(
            [python, "manage.py", "up"],
            cwd=root,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def tree(root: int) -> list[int]:
    """Return `root` and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    pids, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        pids.append(pid)
        waiting += children.get(pid, [])
    return pids


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    # Also of children that have ended: user, system, children's user, children's system.
    return sum(int(field) for field in fields[11:15]) / CLOCK


def _pss(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def _name(pid: int) -> str:
    try:
        return part_of(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return "gone"


def part_of(cmdline: bytes) -> str:
    """Return the part whose command Linux shows: of a program its arguments, of a fork one title."""
    arguments = cmdline.decode(errors="replace").split("\x00")
    line = " ".join(arguments)
    for needle, name in (
        ("config.asgi", "web"), ("manage.py generate", "generator"), ("celery", "worker"), ("postgres", "postgres"),
        ("valkey", "valkey"), ("deploy.embedded", "supervisor"), ("manage.py up", "supervisor"),
    ):  # fmt: skip
        if needle in line:
            return name
    return arguments[0].rpartition("/")[2] or "kernel"
