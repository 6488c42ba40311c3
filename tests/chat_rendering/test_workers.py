"""Nothing is drawn without a limit, and nobody's text slows another's page."""

import os
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from pygments.lexers import get_all_lexers

from tests.chat_rendering.slow import Slow
from tests.house import sources
from web.rendering import pool as pools
from web.rendering import results
from web.rendering.jobs import TOKEN, Job, RenderedDraft
from web.rendering.message import MAX_INLINE_CHARACTERS, draft_of, render
from web.rendering.pool import Worker
from web.rendering.results import Reader, on_behalf
from web.rendering.sanitise import clean
from web.rendering.words import Words
from web.rendering.worker.drawing import draw

pytestmark = pytest.mark.security


def code(source: str) -> Job:
    return Job("code", source, "python")


def fenced(source: str) -> str:
    return f"```python\n{source}\n```\n"


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    began = time.monotonic()
    value = call()
    return time.monotonic() - began, value


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize("word", ["spin", "sleep"])
def test_what_takes_too_long_is_ended_and_shown_plain(slow: Slow, word: str) -> None:
    pids = [worker.pid for worker in slow.started]
    seconds, html = timed(lambda: render(fenced(f"{word} <1>")))
    assert f"<code>{word} &lt;1&gt;\n</code>" in html
    assert seconds < results.PAGE_SECONDS + 1
    assert [gone(pid) for pid in pids].count(True) == 1


@pytest.mark.parametrize("word", ["grow", "exit"])
def test_a_worker_that_fails_takes_nothing_with_it(slow: Slow, word: str) -> None:
    assert f"<code>{word}\n</code>" in render(fenced(word))
    assert "<em>fine\n</em>" in render(fenced("fine"))


def test_what_took_too_long_once_costs_nothing_again_in_any_process(slow: Slow) -> None:
    render(fenced("spin"))
    assert slow.wait_until_ready(60)
    started = len(slow.started)
    for is_other_process in (False, True):
        if is_other_process:
            results.memory.clear()
        with on_behalf(Reader(person=lambda: "another")):
            seconds, html = timed(lambda: render(fenced("spin")))
        assert "<code>spin\n</code>" in html
        assert seconds < 0.1
    assert len(slow.started) == started


def test_the_rest_of_a_text_is_drawn_beside_what_takes_too_long(slow: Slow) -> None:
    html = render(fenced("spin") + fenced("fine, though longer"))
    assert "<code>spin\n</code>" in html
    assert "<em>fine, though longer\n</em>" in html


def test_a_page_waits_no_longer_for_many_than_for_one(slow: Slow) -> None:
    with on_behalf(Reader()):
        seconds, _ = timed(lambda: [render("".join(fenced(f"sleep {a} {b}") for a in range(5))) for b in range(5)])
    assert seconds < results.PAGE_SECONDS + 1


def test_one_person_s_text_does_not_slow_another_s_page(slow: Slow) -> None:
    def attack(number: int) -> None:
        with on_behalf(Reader(person=lambda: "one")):
            render("".join(fenced(f"sleep {number} {index}") for index in range(3)))

    threads = [threading.Thread(target=attack, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    with on_behalf(Reader(person=lambda: "another")):
        seconds, html = timed(lambda: render(fenced("fine")))
    for thread in threads:
        thread.join()
    assert "<em>fine\n</em>" in html
    assert seconds < 1


def test_a_person_has_one_worker_at_a_time_and_waits_for_it_a_moment_only(slow: Slow) -> None:
    def hold() -> None:
        slow.run([code("sleep")], person="one", seconds=1)

    thread = threading.Thread(target=hold)
    thread.start()
    time.sleep(0.05)
    seconds, done = timed(lambda: slow.run([code("fine")], person="one", seconds=1))
    thread.join()
    assert done == {}
    assert seconds < pools.PATIENCE + 0.2


def test_who_used_up_their_share_gets_plain_text_at_once(slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "ALLOWANCE", 0.5)
    slow.run([code("sleep")], person="one", seconds=5)
    seconds, done = timed(lambda: slow.run([code("fine")], person="one", seconds=5))
    assert done == {}
    assert seconds < 0.1
    assert slow.run([code("fine")], person="another", seconds=5)


def test_a_share_comes_back_with_time(slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "ALLOWANCE", 0.2)
    monkeypatch.setattr(pools, "REFILL", 5.0)
    slow.run([code("nap")], person="one", seconds=5)
    time.sleep(0.1)
    assert slow.run([code("fine")], person="one", seconds=5)


def test_a_worker_is_used_again(slow: Slow) -> None:
    pids = {re.findall(r"by (\d+)", render(fenced(f"fine {number}")))[0] for number in range(5)}
    assert len(pids) == 1


def test_a_worker_that_ended_while_it_was_idle_is_replaced(slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    for idle in slow.started:
        process = idle._process
        assert process.stdin is not None
        process.stdin.close()  # what the end of its patience looks like
        process.wait()
        monkeypatch.setattr(process, "stdin", open(os.devnull, "wb", buffering=0))  # noqa: PTH123, SIM115
    assert "<em>fine\n</em>" in render(fenced("fine"))


def test_a_worker_is_small_and_knows_no_secret() -> None:
    worker = Worker()
    worker.wait_until_ready(60)
    assert worker.ask(Job("code", "x = 1", "python"), 10).html == 'x = <span class="m">1</span>'
    worker.ask(Job("block", r"\frac{a}{b}"), 10)
    status = Path(f"/proc/{worker.pid}/status").read_text()
    environment = Path(f"/proc/{worker.pid}/environ").read_bytes().decode()
    mapped = Path(f"/proc/{worker.pid}/maps").read_text()
    worker.end()
    match = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert match is not None
    assert int(match[1]) < 60_000
    assert "SECRET" not in environment
    assert "DATABASE_URL" not in environment
    assert "psycopg" not in mapped


def test_only_a_worker_colours_code_and_converts_formulas() -> None:
    importers = {
        path.name for path in sources("web") if re.search(r"import .*\b(highlight|to_mathml)\b", path.read_text())
    }
    assert importers == {"drawing.py"}


def test_every_eighth_language_keeps_every_character() -> None:
    sample = 'a <b> = "c\\n" # d\n@e /* f */ (1.5e3) {g: [h]} -- \u00e9\n'
    for name, aliases, _, _ in list(get_all_lexers(plugins=False))[::8]:
        for alias in aliases[:1]:
            answer = draw(Job("code", sample, alias))
            assert answer.html is not None, name
            text = re.sub(r"<[^>]*>", "", clean(answer.html))
            assert text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == sample, name


def test_a_long_text_goes_to_a_worker_and_comes_back_the_same() -> None:
    text = "Some *words*, $x_1$ and\n\n```python\nx = 1\n```\n\n"
    long = text * (MAX_INLINE_CHARACTERS // len(text) + 1)
    draft = draft_of(long)
    assert [job.kind for job in draft.jobs.values()] == ["document"]
    assert render(long) == render(text) * (MAX_INLINE_CHARACTERS // len(text) + 1)


def test_the_longest_document_of_the_dearest_marks_is_drawn() -> None:
    row = "| a $x$ | **b** | `c` | [d](https://d.example) |\n"
    head = "| a | b | c | d |\n|---|---|---|---|\n"
    worker = Worker()
    worker.wait_until_ready(60)
    answer = worker.ask(Job("document", head + row * (80_000 // len(row)), Words().to_json()), 60)
    worker.end()
    assert answer.html is not None
    assert answer.html.count("<tr") > 1_000


def test_what_is_kept_for_other_processes_holds_no_mark_of_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "DEAR", 0.0)
    results.memory.clear()
    cache.clear()
    job = Job("document", "Some `code`.\n\n```python\nx = 1\n```\n", '{"copy": "Copy"}')
    first = results.draw([job])[job.key]
    kept = cache.get(results._name(job.key))
    results.memory.clear()
    again = results.draw([job])[job.key]
    assert TOKEN in first.html
    assert TOKEN not in kept[0]
    assert again == RenderedDraft(first.html, first.jobs)


def test_nobody_can_write_a_mark() -> None:
    job = Job("code", "x = 1\n", "python")
    assert TOKEN not in render(f"{fenced('x = 1')}\n\nj{'0' * 24}{job.key}")
    assert job.key not in render(fenced("x = 1"))


def test_little_text_does_not_become_very_many_cells() -> None:
    text = "|" + " a |" * 500 + "\n|" + "-|" * 500 + "\n" + "|\n" * 5_000
    seconds, html = timed(lambda: render(text))
    assert len(html) < 10 * len(text)
    assert seconds < 2
