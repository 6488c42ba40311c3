#!/bin/sh
# daphne 4.2.3 with autobahn 26.10.2: an application sends a text of 2 MB to a websocket, with the default settings.
# Expected: it arrives; --websocket-max-message-size (1 MB) is said to be of an incoming message. Seen: the limit holds
# for what is sent, too: the send raises autobahn's PayloadExceededError, and the client's connection ends.
# Exits with 1 when this is no longer so.
set -e
folder=$(mktemp -d)
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check daphne==4.2.3 autobahn==26.10.2 twisted==26.10.0 websockets==17.4
cat > "$folder/sends.py" <<'PY'
async def application(scope, receive, send):
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        try:
            await send({"type": "websocket.send", "text": "x" * 2_000_000})
        except Exception as error:
            await send({"type": "websocket.send", "text": type(error).__name__})
PY
port=$("$folder/venv/bin/python" -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
cd "$folder"
venv/bin/python -m daphne -b 127.0.0.1 -p "$port" sends:application > log 2>&1 &
server=$!
trap 'kill "$server"; rm -rf "$folder"' EXIT
venv/bin/python - "$port" <<'PY'
import sys
import time

from websockets.sync.client import connect

for _ in range(100):
    try:
        peer = connect(f"ws://127.0.0.1:{sys.argv[1]}/", max_size=None)
        break
    except OSError:
        time.sleep(0.2)
with peer:
    try:
        first = peer.recv(timeout=20)
    except Exception as error:  # noqa: BLE001
        first = type(error).__name__
seen = first if len(first) < 100 else f"{len(first)} characters"
print(f"daphne 4.2.3: expected 2000000 characters, seen first: {seen}")
raise SystemExit(0 if seen == "PayloadExceededError" else 1)
PY
