"""`make bench ONLY=ledger`: 20,000 turns of 200 people, 32 at once, while workers are killed; then the proof.

Everything of a turn but the model is real: it is started, claimed, saved, and finished or swept, in Postgres. Each
worker process runs four threads; now and then one is killed with SIGKILL, in the middle of what it does.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

PEOPLE, PROCESSES, THREADS = 200, 8, 4
KILL_EVERY = 15.0  # seconds
YAML = """
version: 1.3.5
endpoints:
  custom:
    - name: Bench
      apiKey: sk-bench
      baseURL: http://127.0.0.1:9/v1
      titleConvo: false
      models: {default: [gpt-4o]}
balance: {enabled: true, startBalance: 3000000, autoRefillEnabled: true, refillIntervalUnit: seconds,
  refillIntervalValue: 20, refillAmount: 100000}
"""


def bench_ledger(report: Any, *, turns: int = 20_000) -> None:
    """Add the figures to `report` (a `tests.load.bench.Report`)."""
    from tests import servers  # noqa: PLC0415 (before Django's settings are read)

    os.environ["LOCAL_MODEL"] = "off"
    servers.start()
    folder = Path(os.environ["PARLEY_DATA"]) if "PARLEY_DATA" in os.environ else Path("/tmp")  # noqa: S108
    file = folder / f"ledger-bench-{os.getpid()}.yaml"
    file.write_text(YAML)
    os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", "CONFIG_PATH": str(file), "LOG_LEVEL": "ERROR",
                   "GENERATION_LEASE_SECONDS": "3"}  # fmt: skip
    import django  # noqa: PLC0415

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    _prepare()
    started = time.monotonic()
    waits: Counter[str] = Counter()
    kills = _run(turns, waits)
    seconds = time.monotonic() - started
    _sweep_all()
    _tell(report, turns, seconds, kills, waits)
    file.unlink()


def _prepare() -> None:
    from accounts.models import Group, Membership, Role, User  # noqa: PLC0415
    from accounts.services import roles  # noqa: PLC0415
    from billing.models import Budget  # noqa: PLC0415

    people = User.objects.bulk_create(
        User(email=f"b{number}@example.org", name=f"B {number}", password="!") for number in range(PEOPLE)
    )
    access = {"gpt-4o": {"enabled": True, "coefficient": 1.5}}
    roles.update(actor=None, role=Role.objects.get(name=Role.USER), model_access=access)
    group = Group.objects.create(name="Half of them")
    Membership.objects.bulk_create(Membership(group=group, user=person) for person in people[::2])
    Budget.objects.create(name="Each", scope="everyone", amount=10**9, period="day")
    Budget.objects.create(name="Together", scope="group", group=group, amount=10**12, per_person=False)


def _run(turns: int, waits: Counter[str]) -> int:
    """Run the workers until so many turns were begun; return how many were killed."""
    workers = [_spawn() for _ in range(PROCESSES)]
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(waits, over))
    watcher.start()
    kills, last_kill, last_sweep = 0, time.monotonic(), time.monotonic()
    from chat.models import Run  # noqa: PLC0415
    from runs.sweeper import Sweeper  # noqa: PLC0415

    sweeper = Sweeper()
    while Run.objects.count() < turns:
        time.sleep(0.5)
        now = time.monotonic()
        if now - last_kill > KILL_EVERY:
            victim = random.randrange(PROCESSES)
            workers[victim].send_signal(signal.SIGKILL)
            workers[victim].wait()
            workers[victim] = _spawn()
            kills, last_kill = kills + 1, now
        if now - last_sweep > 2:
            sweeper.look()
            last_sweep = now
    for worker in workers:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    over.set()
    watcher.join()
    return kills + PROCESSES


def _spawn() -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "tests.load.ledger_bench"])


def _watch(waits: Counter[str], over: threading.Event) -> None:
    """Count, ten times a second, how many connections wait for a lock, and for which."""
    from django.db import connection  # noqa: PLC0415

    while not over.wait(0.1):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(wait_event, ''), count(*) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database() GROUP BY 1"
            )
            waits["samples"] += 1
            for event, count in cursor.fetchall():
                waits[event] += count
    connection.close()


def _sweep_all() -> None:
    from chat.models import Run  # noqa: PLC0415
    from chat.services.turns.turns import end_unstarted  # noqa: PLC0415
    from runs.sweeper import Sweeper  # noqa: PLC0415

    sweeper = Sweeper()
    while Run.objects.filter(state="running").exists():
        sweeper.look()
        time.sleep(0.2)
    for run in Run.objects.filter(state="queued"):
        end_unstarted(run, "failed", "failed", error="expired")


def _tell(report: Any, turns: int, seconds: float, kills: int, waits: Counter[str]) -> None:
    from django.db.models import Count  # noqa: PLC0415

    from billing.models import Balance, BudgetUsage, Hold, LedgerEntry  # noqa: PLC0415
    from billing.services.reconcile import reconcile  # noqa: PLC0415
    from chat.models import Run  # noqa: PLC0415

    proof = reconcile()
    states = dict(Run.objects.values_list("state").annotate(Count("id")))
    reasons = dict(LedgerEntry.objects.values_list("reason").annotate(Count("id")))
    below = Balance.objects.filter(credits__lt=0).count()
    spent = sum(BudgetUsage.objects.values_list("spent", flat=True))
    report.add("ledger: turns", f"{sum(states.values())}", "20,000", json.dumps(states))
    report.add("ledger: turns per second", f"{turns / seconds:.0f}", "", f"{PROCESSES * THREADS} at once, 2 cores")
    report.add("ledger: workers killed", str(kills), "")
    report.add("ledger: entries", str(proof.entries), "", json.dumps(reasons))
    report.add("ledger: drift", str(len(proof.drift)), "0", json.dumps(proof.drift[:3]))
    report.add("ledger: open holds, balances below 0", f"{Hold.objects.filter(state='open').count()}, {below}", "0, 0")
    report.add("ledger: spent of budgets", f"{spent:,}", "")
    sampled = waits.pop("samples", 0) or 1
    report.add("ledger: connections waiting for a lock", f"{sum(waits.values()) / sampled:.2f}", "", json.dumps(waits))


def work() -> None:
    """One worker process: begin, claim, save and finish turns until killed."""
    import django  # noqa: PLC0415

    django.setup()
    for _ in range(THREADS - 1):
        threading.Thread(target=_turns, daemon=True).start()
    _turns()


def _turns() -> None:
    from accounts.models import User  # noqa: PLC0415
    from billing.services.ledger import LedgerLine  # noqa: PLC0415
    from billing.services.quantities import Quantities  # noqa: PLC0415
    from chat.services.refusal import TurnRefused  # noqa: PLC0415
    from chat.services.turns.draft import Draft  # noqa: PLC0415
    from chat.services.turns.turns import start_turn  # noqa: PLC0415
    from endpoints.catalog import registry  # noqa: PLC0415
    from endpoints.catalog.prices import rates_of  # noqa: PLC0415
    from messages.events import Finished, Usage  # noqa: PLC0415
    from messages.parts import Text  # noqa: PLC0415
    from runs import persistence  # noqa: PLC0415
    from runs.part_changes import change_of  # noqa: PLC0415

    people = list(User.objects.order_by("id"))
    chance = random.Random()
    me = f"bench-{os.getpid()}-{threading.get_ident()}"
    endpoint = registry.current().get("Bench")
    if endpoint is None:
        raise LookupError("there is no endpoint Bench")
    while True:
        draft = Draft(text="Why do cats purr? " * chance.randint(1, 20), endpoint="Bench", model="gpt-4o")
        try:
            started = start_turn(user=chance.choice(people), conversation_id=None, draft=draft)
        except TurnRefused:
            continue  # no credit until the next refill
        for job in persistence.claim(ids=[started.run.id], worker=me):
            said = [Text("Because they can. " * chance.randint(1, 50))]
            persistence.save(worker=me, batch=[persistence.Progress(job.id, change_of(job.id, said, None), "0-1")])
            usage = Usage(input_tokens=chance.randint(10, 4_000), output_tokens=chance.randint(1, 900))
            line = LedgerLine(
                key=f"generation:{job.id}:0", reason="message", endpoint="Bench", model="gpt-4o",
                quantities=Quantities.of(usage), rates=rates_of(endpoint, "gpt-4o"), coefficient=job.coefficient,
            )  # fmt: skip
            outcome = persistence.RunResult(job, me, Finished("stop"), said, [usage], endpoint, [line])
            persistence.finish([outcome])
            persistence.finish([outcome])  # a retry of what was committed must change nothing


if __name__ == "__main__":
    work()
