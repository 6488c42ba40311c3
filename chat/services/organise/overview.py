"""The sections above a person's list of conversations: favourites, projects, pinned conversations and bookmarks."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Model

from accounts.models import User
from accounts.models.access import granted_sql
from chat.models import Bookmark, Conversation, Favourite, Project
from chat.services.organise.favourites import model_ref_of
from endpoints.catalog.selection import catalog_for

M = TypeVar("M", bound=Model)

MAX_PROJECTS = 8
MAX_PINNED = 1_000
MAX_TAGS = 100
_GRANTED = granted_sql(Project.KIND, user="%(owner)s", role="%(role)s")


@dataclass(frozen=True, slots=True)
class Overview:
    pinned: list[Conversation]
    projects: list[Project]
    favourites: list[Favourite]
    bookmarks: list[Bookmark]


# Everything above the list in one round trip: each part is small, and asking for it costs more than finding it.
_OVERVIEW = f"""
SELECT
    (SELECT json_agg(row_to_json(f)) FROM (
        SELECT id, endpoint, model, spec FROM chat_favourite WHERE owner_id = %(owner)s ORDER BY position, id) f),
    (SELECT json_agg(row_to_json(p)) FROM (
        SELECT p.id, p.name, p.owner_id <> %(owner)s AS is_shared, count(c.id) AS conversation_count,
            max(c.updated_at) AS latest
        FROM chat_project p LEFT JOIN chat_conversation c ON c.project_id = p.id
            AND c.owner_id = %(owner)s AND c.deleted_at IS NULL AND c.archived_at IS NULL AND NOT c.is_temporary
        WHERE p.owner_id = %(owner)s OR p.id IN ({_GRANTED})
        GROUP BY p.id ORDER BY latest DESC NULLS LAST, p.id DESC LIMIT %(projects)s) p),
    (SELECT json_agg(row_to_json(c)) FROM (
        SELECT id, title, endpoint, model, spec, updated_at, pin_position, id IN (
            SELECT g.conversation_id FROM chat_generation g
            WHERE g.owner_id = %(owner)s AND g.state IN ('queued', 'running')
        ) AS is_running, id IN (
            SELECT g.conversation_id FROM chat_generation g JOIN chat_approval a ON a.run_id = g.id
            WHERE g.owner_id = %(owner)s AND g.state = 'waiting' AND a.state = 'pending'
        ) AS is_asking
        FROM chat_conversation c WHERE owner_id = %(owner)s AND pin_position IS NOT NULL AND deleted_at IS NULL
            AND archived_at IS NULL AND NOT is_temporary ORDER BY pin_position, id LIMIT %(pinned)s) c),
    (SELECT json_agg(row_to_json(t)) FROM (
        SELECT id, name FROM chat_tag WHERE owner_id = %(owner)s ORDER BY position, name LIMIT %(bookmarks)s) t)
"""


def overview_of(user: User) -> Overview:
    """Return it; one query."""
    values: dict[str, Any] = {
        "owner": user.id,
        "role": user.role_id,
        "projects": MAX_PROJECTS,
        "pinned": MAX_PINNED,
        "bookmarks": MAX_TAGS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_OVERVIEW, values)
        starred, filed, pinned, labels = (_read(column) for column in cursor.fetchone())
    return Overview(
        pinned=[_model(Conversation, row) for row in pinned],
        projects=[_model(Project, row) for row in filed],
        favourites=_favourites(user, [_model(Favourite, row) for row in starred]),
        bookmarks=[_model(Bookmark, row) for row in labels],
    )


def _favourites(user: User, rows: list[Favourite]) -> list[Favourite]:
    """Return those that are offered, each with its `label`."""
    catalog = catalog_for(user)
    kept = [row for row in rows if catalog.shows(model_ref_of(row))]
    for row in kept:
        spec = catalog.spec(row.spec) if row.spec else None
        row.label = spec.label if spec else row.model
    return kept


def _read(rows: Any) -> list[dict[str, Any]]:
    parsed: list[dict[str, Any]] = json.loads(rows) if isinstance(rows, str) else rows or []
    return parsed


def _model(kind: type[M], row: dict[str, Any]) -> M:
    """Return an instance with these fields; what is none of its fields becomes an attribute."""
    row["id"] = UUID(row["id"])
    if "updated_at" in row:
        row["updated_at"] = datetime.fromisoformat(row["updated_at"])
    names = {field.attname for field in kind._meta.concrete_fields}
    made = kind(**{name: value for name, value in row.items() if name in names})
    for name in row.keys() - names:
        setattr(made, name, row[name])
    return made
