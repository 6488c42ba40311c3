#!/bin/sh
# One rediss:// address for celery 5.7.0 and redis 7.4.1, the client that Celery, Django's cache and Channels use.
# Expected: both read the same words for ssl_cert_reqs. Seen: celery wants the word, and says that it must be
# CERT_REQUIRED, CERT_OPTIONAL or CERT_NONE; redis refuses exactly these three when it connects, and reads "required",
# which celery reads, too, though it does not say so.
# Exits with 1 when this is no longer so.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check celery==5.7.0 kombu==5.7.0 redis==7.4.1
"$folder/venv/bin/python" - <<'PY'
import redis
from celery import Celery

ADDRESS = "rediss://127.0.0.1:1/0?ssl_cert_reqs={}"


def by_redis(word: str) -> str:
    try:
        client = redis.Redis.from_url(ADDRESS.format(word), socket_connect_timeout=1, retry=None)
        client.connection_pool.make_connection()
    except redis.RedisError as error:
        return f"refused ({error})"
    return "read"


def by_backend(address: str) -> str:
    try:
        Celery(broker="memory://", backend=address).backend
    except ValueError as error:
        return f"refused ({str(error).strip().splitlines()[0]})"
    return "read"


seen = {word: (by_redis(word), by_backend(ADDRESS.format(word))) for word in ("required", "CERT_REQUIRED")}
bare = by_backend("rediss://127.0.0.1:1/0")
for word, (one, other) in seen.items():
    print(f"ssl_cert_reqs={word}: redis 7.4.1 {one}; celery 5.7.0 {other}")
print(f"without the word: celery 5.7.0 {bare}")
holds = seen["required"][0] == "read" and seen["CERT_REQUIRED"][0].startswith("refused") and all(
    other == "read" for _, other in seen.values()
)
raise SystemExit(0 if holds and bare.startswith("refused") else 1)
PY
