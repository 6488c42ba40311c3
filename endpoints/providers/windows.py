"""A helper for writing tables of context windows."""


def spread(window: int, *names: str) -> dict[str, int]:
    """Return the names, each with the same number of tokens."""
    return dict.fromkeys(names, window)
