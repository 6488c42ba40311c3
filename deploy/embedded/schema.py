"""The tables of an empty database at once: a dump of what the migrations make, in `schema.sql`.

To apply 95 migrations takes 8 s, most of it Django's rendering of every model at every step. The file may lag behind:
it names the migrations it stands for, and those that it lacks are applied after it. `manage.py dump_schema` makes it
anew, and `tests/deploy/test_schema.py` compares both ways.
"""

import re
import subprocess
from pathlib import Path

import psycopg

from deploy.embedded import postgres

FILE = Path(__file__).with_name("schema.sql")
_TIME = re.compile(r"'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00'")
# Headings, settings of the session, and comments that each extension brings along.
_LEFT_OUT = re.compile(
    r"^(--\n(-- .*\n)+--\n+|-- .*\n+|\\.*\n+|(SET|SELECT pg_catalog\.set_config|COMMENT ON EXTENSION) .*\n+)",
    re.MULTILINE,
)


def load(database_url: str) -> bool:
    """Make the tables unless there are any; return whether it did. A crash leaves all of them or none.

    Where the server does not understand the file, as one of another version may not, the migrations make them.
    """
    try:
        with psycopg.connect(database_url) as connection:
            tables = "SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace LIMIT 1"
            if connection.execute(tables).fetchone():
                return False
            connection.execute("SET LOCAL check_function_bodies = off")  # they name others that come later
            connection.execute(FILE.read_bytes())
    except psycopg.DatabaseError:
        return False
    return True


def dump(database_url: str) -> str:
    """Return the statements that make the tables and rows of a database. Raises `CalledProcessError`."""
    command = [str(postgres.programs() / "pg_dump"), "--no-owner", "--no-privileges", "--inserts", database_url]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return _TIME.sub("now()", _LEFT_OUT.sub("", done.stdout)).strip() + "\n"
