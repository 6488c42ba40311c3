#!/bin/sh
# ldap3 2.9.1: a search that the server ends at its size limit (RFC 4511, result 4), with raise_exceptions=True.
# Expected: LDAPSizeLimitExceededResult, as every other result but success raises its own. Seen: the search returns
# success, with the entries so far; only connection.result says that the list is not whole.
# Exits with 1 when this is no longer so.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check ldap3==2.9.1
"$folder/venv/bin/python" - <<'PY'
import socket
import threading

from ldap3 import NONE, Connection, Server


def ber(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return bytes([tag, len(body)]) + body


def done(tag: int, code: int) -> bytes:
    return ber(tag, ber(0x0A, bytes([code])), ber(4), ber(4))


def serve(listener: socket.socket) -> None:
    peer, _ = listener.accept()
    for _ in range(2):
        request = peer.recv(4096)
        number = request[2:5]  # the message's id, one byte
        if request[5] == 0x60:
            peer.sendall(ber(0x30, number, done(0x61, 0)))
        else:
            entry = ber(0x64, ber(4, b"cn=ada,dc=example"), ber(0x30, ber(0x30, ber(4, b"cn"), ber(0x31, ber(4, b"ada")))))
            peer.sendall(ber(0x30, number, entry) + ber(0x30, number, done(0x65, 4)))
    peer.recv(4096)


listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(listener,), daemon=True).start()
connection = Connection(
    Server("127.0.0.1", port=listener.getsockname()[1], get_info=NONE), "cn=a", "b", auto_bind=True, raise_exceptions=True
)
try:
    seen = f"returned {connection.search('dc=example', '(cn=*)', attributes=['cn'])}"
except Exception as error:  # noqa: BLE001
    seen = type(error).__name__
print(f"ldap3 2.9.1: expected LDAPSizeLimitExceededResult, seen: {seen}, result {connection.result['result']}")
raise SystemExit(0 if seen == "returned True" and connection.result["result"] == 4 else 1)
PY
