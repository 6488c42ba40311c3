"""`make bench ONLY=search`: a million messages of a thousand people, one of whom has a hundred thousand.

It runs on a database of its own, which it throws away, prints a table, and saves figures and query plans in
`bench-results/`. The words follow Zipf's law, as those of people do.
"""

import os
import statistics
import time
from typing import Any

PEOPLE, LARGE, CHAT = 1_000, 100_000, 20  # people, messages of the one who has many, messages of a conversation
KINDS = {
    "everywhere": "the", "frequent": "w1", "middling": "w200", "rare": "w15001", "absent": "qqqabsentqqq",
    "phrase": '"quick brown"', "frequent phrase": '"w1 w2"', "CJK": "東京", "identifier": "getUserName",
    "identifier and version": "getUserName v77", "two frequent": "the w1", "without": "the -w1", "beginning": "w15",
    "by date": "the before:2024", "by title": "w200 title:topic", "by absent model": "the model:zzz",
}  # fmt: skip
_FILL = """
INSERT INTO chat_message (id, conversation_id, author, state, parts, text, endpoint, model, sender, finish_reason,
    quotes, usage, created_at, updated_at)
SELECT gen_random_uuid(), c.id, 'user', 'complete', '[]', said.text, '', '', '', '', '[]', '{}', at.time, at.time
FROM chat_conversation c, generate_series(1, %s) AS n,
LATERAL (SELECT now() - random() * interval '700 days' AS time, c.id) AS at,
LATERAL (
    SELECT string_agg('w' || floor(exp(random() * ln(20000)))::int, ' ')
        || CASE WHEN random() < 0.05 THEN ' getUserName(v' || floor(random() * 5000)::int || ') 東京都に住んで'
           ELSE ' the' END
        || CASE WHEN random() < 0.0003 THEN ' quick brown' ELSE '' END AS text
    FROM generate_series(1, 25) AS word WHERE at.id IS NOT NULL AND n IS NOT NULL
) AS said
"""
_ENTER = """
INSERT INTO chat_searchentry (message_id, owner_id, conversation_id, created_at, vector)
SELECT m.id, c.owner_id, c.id, m.created_at, chat_search_vector(c.owner_id, m.author, m.text)
FROM chat_message m JOIN chat_conversation c ON c.id = m.conversation_id
"""
_INDEX = "CREATE INDEX search_words ON chat_searchentry USING gin (vector) WITH (gin_pending_list_limit = 256)"
_PLANS = {
    "the newest": "SELECT * FROM (SELECT * FROM chat_searchentry WHERE owner_id = %(owner)s ORDER BY created_at DESC,"
    " message_id DESC LIMIT 1000) AS newest WHERE vector @@ %(query)s::tsquery",
    "the index of words": "SELECT * FROM chat_searchentry WHERE vector @@ %(query)s::tsquery LIMIT 5001",
}


def bench_search(report: Any, *, messages: int = 1_000_000, rounds: int = 9) -> None:
    """Add the figures to `report` (a `tests.load.bench.Report`). Takes minutes and about 2 GB of disk."""
    from tests import servers  # noqa: PLC0415 (before Django's settings are read)

    os.environ["LOCAL_MODEL"] = "off"
    servers.start()
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django  # noqa: PLC0415

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    people = _fill(messages)
    for whose, chosen in (("a person with 100,000 messages", people[:1]), ("people with 900 each", people[1:])):
        _measure(report, whose, chosen, rounds)
    _save_plans(people[0])


def _fill(messages: int) -> list[Any]:
    from django.db import connection  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415
    from chat.models import Conversation  # noqa: PLC0415

    people = [User(username=f"u{n}", email=f"u{n}@example.org", password="!") for n in range(PEOPLE)]
    User.objects.bulk_create(people)
    share = (messages - LARGE) // (PEOPLE - 1)
    Conversation.objects.bulk_create(
        (
            Conversation(owner=person, title=f"Chat about topic {n} of {number}", endpoint="Bench", model="bench")
            for number, person in enumerate(people)
            for n in range((LARGE if number == 0 else share) // CHAT or 1)
        ),
        batch_size=5_000,
    )
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '1GB'; SET work_mem = '64MB'")
        cursor.execute("ALTER TABLE chat_message DISABLE TRIGGER chat_message_said; DROP INDEX search_words")
        cursor.execute(_FILL, [CHAT])
        cursor.execute("ALTER TABLE chat_message ENABLE TRIGGER chat_message_said")
        cursor.execute(_ENTER)
        cursor.execute(_INDEX)
        cursor.execute("ANALYZE chat_message; ANALYZE chat_searchentry; ANALYZE chat_conversation")
    return people


def _measure(report: Any, whose: str, people: list[Any], rounds: int) -> None:
    from chat.services.search import search  # noqa: PLC0415
    from chat.services.search.query import parse  # noqa: PLC0415

    everything: list[float] = []
    for kind, query in KINDS.items():
        times = []
        for number in range(rounds):
            person = people[number * 37 % len(people)]
            began = time.perf_counter()
            search.search(user=person, query=parse(query))
            times.append((time.perf_counter() - began) * 1000)
        everything += times
        report.add(f"search, {whose}: {kind}", f"{statistics.median(times):.1f} ms", "", query)
    everything.sort()
    target = "median ≤ 20 ms" if len(people) == 1 else "p95 ≤ 100 ms"
    value = f"{statistics.median(everything):.1f} / {everything[int(0.95 * len(everything))]:.1f} ms"
    report.add(f"search, {whose}: median / p95 of all kinds", value, target)


def _save_plans(person: Any) -> None:
    from django.db import connection  # noqa: PLC0415

    from chat.services.search import search  # noqa: PLC0415
    from chat.services.search.query import parse  # noqa: PLC0415
    from tests.load.stack import RESULTS  # noqa: PLC0415

    lines = []
    with connection.cursor() as cursor:
        for kind in ("everywhere", "middling", "rare", "absent", "CJK"):
            wanted = search._tsquery(person, parse(KINDS[kind]))
            for way, statement in _PLANS.items():
                by_words = way == "the index of words"
                cursor.execute(f"SET enable_seqscan = off; SET enable_indexscan = {'off' if by_words else 'on'}")
                cursor.execute(f"SET enable_bitmapscan = {'on' if by_words else 'off'}")
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {statement}", {"owner": person.id, "query": wanted})
                lines += [f"== {kind}, {way}", *(row[0] for row in cursor.fetchall()), ""]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "search-plans.txt").write_text("\n".join(lines))
