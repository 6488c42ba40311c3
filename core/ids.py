"""Time-ordered ids (UUID version 7, RFC 9562, section 5.7), and parsing ids."""

import os
import re
import time
import uuid

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def uuid7() -> uuid.UUID:
    """Return a UUIDv7: 48 bits of Unix milliseconds, then random bits.

    The 12 bits after the version hold the fraction of the millisecond (RFC 9562, section 6.2,
    method 3), so that keys made one after another in a process sort in that order.
    """
    nanoseconds = time.time_ns()
    milliseconds, rest = divmod(nanoseconds, 1_000_000)
    fraction = rest * 4096 // 1_000_000
    tail = int.from_bytes(os.urandom(8), "big") & 0x3FFF_FFFF_FFFF_FFFF
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | tail
    return uuid.UUID(int=value)


def uuid_of(text: object) -> uuid.UUID | None:
    """Return the id if `text` is one, spelt as we spell ids: lower case, with hyphens, nothing around it."""
    return uuid.UUID(text) if isinstance(text, str) and _UUID.fullmatch(text) else None
