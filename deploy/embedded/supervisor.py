"""Runs the whole system on one machine: starts the processes in order, watches them, stops them in order."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import SystemCheckError

from deploy import known_migrations
from deploy.embedded import carry_over, leftovers, model, postgres, preload, prepare, private, probe, schema, valkey
from deploy.embedded.parts import SupervisedPart, tail
from deploy.embedded.plan import DATABASE, Plan, wants_local_model

# What stops together, and by when, in seconds since the Ctrl-C: within ten all is gone. The generator needs the rest
# while it finishes what it writes.
STOP_ORDER = ((("web", "worker", "generator"), 5.0), (("model",), 6.0), (("valkey", "postgres"), 9.0))
START_TRIES = 3
READY_SECONDS = 60


class CannotStart(Exception):
    """The system cannot start; the text says why and what to do."""


class StartOver(Exception):
    """Another program took a port that was free when the plan was made."""


FAULTS = (postgres.NoPostgres, valkey.NoValkey, model.NoModel, prepare.NotPrepared, SystemCheckError, CannotStart)


class Supervisor:
    """Runs a `Plan` until it is told to stop. Says one line per part through `say`."""

    def __init__(self, plan: Plan, say: Callable[[str], None]) -> None:
        self.plan = plan
        self._say = say
        self._began = time.monotonic()
        self._parts: list[SupervisedPart] = []
        self._new_cluster: subprocess.Popen[str] | None = None  # while it is made
        self._environment = {
            **os.environ,  # with the servers' addresses, and the port
            **plan.secrets,
            "PARLEY_DATA": str(plan.data),
            leftovers.MARK: str(plan.data),
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        self._stopping = 0
        self._parent = os.getppid()

    def run(self) -> None:
        """Start, watch, stop. Raises `CannotStart` or `StartOver`, with everything stopped again."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        goes_on = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN  # as it is under nohup
        signal.signal(signal.SIGHUP, self._on_hangup if goes_on else self._on_signal)
        try:
            leftovers.end_leftovers(self.plan.data)
            private.close_folder(self.plan.data)
            self._start_all()
            self._watch()
        except FAULTS as error:
            if not self._stopping:  # else the Ctrl-C reached what was being prepared too
                raise CannotStart(str(error)) from error
        finally:
            self._stop_all()

    # --- starting ------------------------------------------------------------------------------------

    def _start_all(self) -> None:
        plan = self.plan
        if problem := probe.bind_problem(plan.host, plan.port):
            raise CannotStart(problem)
        for step in (
            self._start_servers,
            preload.load_site,
            self._start_new_cluster,
            preload.load_parts,
            self._await_servers,
            self._start_model,
            self._prepare,
            self._start_web,
            self._start_generator,
            self._start_worker,
        ):
            if self._stopping:
                return
            step()
        if self._stopping:
            return
        shown = "localhost" if plan.host in {"127.0.0.1", "0.0.0.0", "::"} else probe.in_url(plan.host)  # noqa: S104
        self._say("")
        self._say(f"Parley is ready:  http://{shown}:{plan.port}")
        self._say(f"Logs are in {plan.data / 'logs'}. Stop with Ctrl-C.")

    def _start_servers(self) -> None:
        """Start them first: they come up, or Postgres makes its files, while this process loads the site."""
        if self.plan.postgres_port:
            self._new_cluster = postgres.begin_cluster(self._postgres_folder)
            if self._new_cluster is None:
                self._start_postgres()
        if port := self.plan.valkey_port:
            folder = self.plan.data / "valkey"
            folder.mkdir(exist_ok=True)
            command = valkey.server_command(folder, port)
            self._start(self._part("valkey", command, lambda: probe.listens(port)))

    def _start_new_cluster(self) -> None:
        if self._new_cluster is not None:
            postgres.finish_cluster(self._postgres_folder, self._new_cluster)
            self._new_cluster = None
            self._start_postgres()

    def _start_postgres(self) -> None:
        port = self.plan.postgres_port
        command = postgres.server_command(self._postgres_folder, port)
        self._start(self._part("postgres", command, lambda: probe.listens(port), signal.SIGINT, signal.SIGINT))

    def _await_servers(self) -> None:
        if port := self.plan.postgres_port:
            self._await_server("postgres", port)
            url = postgres.url(self._postgres_folder, port)
            prepare.create_database(url, DATABASE)
            for change in carry_over.carry_over(url):
                self._line("postgres", change)
        else:
            self._line("postgres", "yours (DATABASE_URL)")
        if port := self.plan.valkey_port:
            self._await_server("valkey", port)
        else:
            self._line("valkey", "yours (REDIS_URL)")

    @property
    def _postgres_folder(self) -> Path:
        return self.plan.data / "postgres"

    def _start_model(self) -> None:
        """Start it early: it loads while the tables and the web are prepared."""
        own = self._environment.get("LOCAL_MODEL_URL")
        if own or not wants_local_model():
            self._line("local model", "yours (LOCAL_MODEL_URL)" if own else "off")
            return
        model.weights()
        address = f"http://127.0.0.1:{(port := probe.free_port())}"
        part = self._part("model", model.command(port), lambda: probe.http_status(f"{address}/health") == 200)
        self._start(part)
        settings.LOCAL_MODEL_URL = self._environment["LOCAL_MODEL_URL"] = f"{address}/v1"  # for forks, and for others

    def _prepare(self) -> None:
        plan = self.plan
        self._write_runtime()
        url, known = self._environment["DATABASE_URL"], known_migrations.on_disk()
        if plan.postgres_port and schema.load(url):
            self._line("database", "created")
        changed = prepare.migrate(url, known, plan.root, self._environment, partial(self._line, "database"), forks=True)
        self._line("database", "migrated" if changed else "up to date")
        report = partial(self._line, "static files")
        if prepare.collect_static(plan.static, plan.static_root, plan.root, self._environment, report, forks=True):
            self._line("static files", "collected")

    def _start_web(self) -> None:
        host, port = self.plan.host, self.plan.port
        interface = host.replace(":", r"\:")
        # Daphne's own backlog of 50 drops connections when many people come at once.
        endpoint = f"tcp:port={port}:interface={interface}:backlog=2048"
        command = [sys.executable, "-m", "daphne", "-v", "0", "-e", endpoint, "config.asgi:application"]
        local = probe.in_url({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host))  # noqa: S104
        part = self._part("web", command, lambda: probe.http_status(f"http://{local}:{port}/health") == 200, forks=True)
        self._start(part)

    def _start_generator(self) -> None:
        self._await_model()
        # Without the supervisor there is no database to finish into: a generator that drained would never end.
        command = [sys.executable, "manage.py", "generate"]
        self._start(self._part("generator", command, orphan_with=signal.SIGKILL, forks=True))
        web = next(part for part in self._parts if part.name == "web")
        self._ready_or_fail(web)
        self._line("web", f"port {self.plan.port}")
        self._line("generator", "ready")

    def _await_model(self) -> None:
        """Nobody's first question should find the model loading: until it answers, runs wait for a generator."""
        for part in self._parts:
            if part.name == "model":
                answers = part.wait_ready(READY_SECONDS, self._gives_up)
                self._line("local model", "answers" if answers else f"not responding: see {part.log}")

    def _start_worker(self) -> None:
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "config",
            "-q",
            "worker",
            "-P",
            "threads",
            "-c",
            "2",
            "--with-schedule",
            "-l",
            "WARNING",
            "--without-gossip",
            "--without-mingle",
        ]
        self._start(self._part("worker", command, forks=True))
        self._line("worker", "with schedule")

    def _await_server(self, name: str, port: int) -> None:
        """Wait until it listens; one that was killed a moment ago may still be in the way, so try again."""
        part = next(part for part in self._parts if part.name == name)
        for _ in range(START_TRIES):
            if part.wait_ready(20, self._gives_up):
                self._line(name, f"port {port}")
                return
            part.kill()
            if self._gives_up():
                break
            if probe.bind_problem("127.0.0.1", port):
                raise StartOver
            time.sleep(0.5)
            part.start()
        raise CannotStart(f"{name} did not start. The end of {part.log}:\n{tail(part.log)}")

    def _start(self, part: SupervisedPart) -> None:
        part.start()
        self._parts.append(part)

    def _ready_or_fail(self, part: SupervisedPart) -> None:
        if not part.wait_ready(READY_SECONDS, self._gives_up):
            raise CannotStart(f"{part.name} did not start. The end of {part.log}:\n{tail(part.log)}")

    def _part(
        self,
        name: str,
        command: list[str],
        ready: Callable[[], bool] = lambda: True,
        stop_with: signal.Signals = signal.SIGTERM,
        orphan_with: signal.Signals = signal.SIGTERM,
        forks: bool = False,
    ) -> SupervisedPart:
        log = self.plan.data / "logs" / f"{name}.log"
        root = self.plan.root
        return SupervisedPart(name, command, self._environment, log, root, ready, stop_with, orphan_with, forks)

    # --- while it runs -------------------------------------------------------------------------------

    def _watch(self) -> None:
        while not self._gives_up():
            for part in self._parts:
                if part.due_at:
                    if time.monotonic() >= part.due_at:
                        self._say(part.restart())
                elif not part.alive:
                    self._say(part.note_death())
            time.sleep(0.1)

    def _on_signal(self, *_: Any) -> None:
        self._stopping += 1

    def _on_hangup(self, *_: Any) -> None:
        self._say(f"The terminal was closed. Parley keeps running. To stop it: kill {os.getpid()}")

    def _gives_up(self) -> bool:
        self._look_for_parent()
        return self._stopping > 0

    def _look_for_parent(self) -> None:
        """End when `make` was killed: whoever did it means the whole. Others may start Parley and leave it alone."""
        if os.getppid() == self._parent:
            return
        self._parent = os.getppid()
        if "MAKELEVEL" in os.environ:
            self._say("make, which started Parley, has ended.")
            self._stopping += 1
        else:
            self._say(
                f"The process that started Parley has ended. Parley keeps running. To stop it: kill {os.getpid()}"
            )

    def _hurries(self) -> bool:
        """A second Ctrl-C: nobody wants to wait."""
        return self._stopping > 1

    # --- stopping ------------------------------------------------------------------------------------

    def _stop_all(self) -> None:
        """End what people and models touch first, what it stands on last (`STOP_ORDER`)."""
        if self._new_cluster is not None:
            self._new_cluster.kill()
            self._new_cluster.communicate()
        if self._parts:
            self._say("Stopping …")
        began = time.monotonic()
        for names, seconds in STOP_ORDER:
            group = [part for part in self._parts if part.name in names]
            for part in group:
                part.ask_to_stop()
            for part in group:
                part.wait_stopped(began + seconds, self._hurries)
        self._runtime_file.unlink(missing_ok=True)
        if self._parts:
            self._say("Stopped.")

    # --- files ---------------------------------------------------------------------------------------

    @property
    def _runtime_file(self) -> Path:
        return self.plan.data / "runtime.env"

    def _write_runtime(self) -> None:
        """Tell other commands where the parts are (see `config.settings`)."""
        names = ("DATABASE_URL", "REDIS_URL", "LOCAL_MODEL_URL")
        lines = [f"{name}={self._environment[name]}\n" for name in names if self._environment.get(name)]
        private.write(self._runtime_file, "".join(lines))

    def _line(self, name: str, text: str) -> None:
        self._say(f"  {name:<14}{text:<32}{time.monotonic() - self._began:6.1f} s")
