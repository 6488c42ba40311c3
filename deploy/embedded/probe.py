"""Small availability checks for the supervisor and the doctor."""

import errno
import http.client
import socket
from urllib.parse import urlsplit


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def bind_problem(host: str, port: int) -> str:
    """Say why no server could listen there, and what to do; empty when one could."""
    if not 0 < port < 65536:
        return f"{port} is no port. Choose one from 1024 to 65535: PORT=3080 make up"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return f"Port {port} on {host} is in use. Choose another: PORT={port + 1} make up"
        if error.errno == errno.EACCES:
            return f"Port {port} needs more rights than you have. Choose one from 1024 on: PORT=3080 make up"
        return f"Nothing can listen on {host}, port {port}: {error.strerror}. Check HOST and PORT."
    return ""


def in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def listens(port: int, host: str = "127.0.0.1") -> bool:
    try:
        socket.create_connection((host, port), 0.5).close()
    except OSError:
        return False
    return True


def http_status(url: str, seconds: float = 2) -> int:
    """Return the status of a GET, or 0 when nothing answers."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=seconds)
    try:
        connection.request("GET", parts.path or "/")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
