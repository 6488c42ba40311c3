"""Models on Google's Vertex AI, whoever made them: a project, a region, and a service account's key."""

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from endpoints.providers.base import Connection
from endpoints.providers.site import text_of

SERVICE_KEY = "api/data/auth.json"  # where it is when nothing else is said
MODEL_PREFIX = "vertex_ai/"


def service_key(named: str) -> Mapping[str, Any] | None:
    """Return the key of a Google service account: a path, JSON, or JSON in base64. None when there is none."""
    text = named or text_of("GOOGLE_SERVICE_KEY_FILE")
    path = Path(text or SERVICE_KEY)
    try:
        if text.startswith("{"):
            account = json.loads(text)
        elif path.is_file():
            account = json.loads(path.read_text("utf-8"))
        else:
            account = json.loads(base64.b64decode(text, validate=True))
    except (OSError, ValueError, binascii.Error):
        return None
    return account if isinstance(account, dict) and account.get("client_email") else None


def connection(key: Mapping[str, Any], project: str, region: str, *, headers: Mapping[str, str]) -> Connection:
    return Connection(
        "vertex",
        address_of_region(region),
        model_prefix=MODEL_PREFIX,
        headers=headers,
        credentials={
            "vertex_project": project or key.get("project_id", ""),
            "vertex_location": region,
            "vertex_credentials": json.dumps(key),
        },
    )


def address_of_region(region: str) -> str:
    if region == "global":
        return "https://aiplatform.googleapis.com"
    if region in {"us", "eu"}:
        return f"https://aiplatform.{region}.rep.googleapis.com"
    return f"https://{quote(region, safe='')}-aiplatform.googleapis.com"
