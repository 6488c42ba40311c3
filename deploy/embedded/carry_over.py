"""Migrates the data of the embedded servers from earlier releases."""

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from deploy.embedded import postgres

# Stands as the comment of a database between the two steps, so that an interrupted change is taken up again.
_REINDEX = "parley: trigram indexes are out of date"
_TRIGRAM_INDEXES = """
    SELECT DISTINCT n.nspname, c.relname FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_opclass o ON o.oid = ANY (i.indclass::oid[])
    WHERE o.opcname IN ('gin_trgm_ops', 'gist_trgm_ops')
"""
_OUTDATED_EXTENSIONS = """
    SELECT name FROM pg_available_extensions
    WHERE installed_version IS NOT NULL AND installed_version <> default_version AND name IN ('vector', 'pg_trgm')
"""


def carry_over(server_url: str) -> list[str]:
    """Return what was changed, a sentence each; nothing where all is as it should be. No row is rewritten.

    * Databases made with LC_CTYPE ``C`` get one that knows the letters of all scripts. Collation comes from the
      builtin provider and stays; what depends on LC_CTYPE are trigrams, whose indexes are built anew.
    * Extensions whose library is newer than their SQL objects are updated.
    """
    done = []
    with psycopg.connect(server_url, autocommit=True) as server:
        wanted = postgres.character_type()
        names = [row[0] for row in server.execute("SELECT datname FROM pg_database WHERE datallowconn").fetchall()]
        if wanted != "C":
            _widen(server, wanted)
    for name in names:
        with psycopg.connect(make_conninfo(server_url, dbname=name), autocommit=True) as database:
            if _reindex(database, name):
                done.append(f"trigram indexes of {name} rebuilt")
            for (extension,) in database.execute(_OUTDATED_EXTENSIONS).fetchall():
                database.execute(sql.SQL("ALTER EXTENSION {} UPDATE").format(sql.Identifier(extension)))
                done.append(f"extension {extension} of {name} updated")
    return done


def _widen(server: "psycopg.Connection[tuple[object, ...]]", wanted: str) -> None:
    narrow = "SELECT datname, datallowconn FROM pg_database WHERE datctype = 'C' AND datlocprovider = 'b'"
    for name, connectable in server.execute(narrow).fetchall():
        with server.transaction():
            server.execute("UPDATE pg_database SET datctype = %s WHERE datname = %s", [wanted, name])
            if connectable:
                mark = sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(str(name)), sql.Literal(_REINDEX))
                server.execute(mark)


def _reindex(database: "psycopg.Connection[tuple[object, ...]]", name: str) -> bool:
    marked = "SELECT 1 FROM pg_database WHERE datname = %s AND shobj_description(oid, 'pg_database') = %s"
    if not database.execute(marked, [name, _REINDEX]).fetchone():
        return False
    indexes = database.execute(_TRIGRAM_INDEXES).fetchall()
    for schema, index in indexes:
        database.execute(sql.SQL("REINDEX INDEX {}").format(sql.Identifier(str(schema), str(index))))
    database.execute(sql.SQL("COMMENT ON DATABASE {} IS NULL").format(sql.Identifier(name)))
    return bool(indexes)
