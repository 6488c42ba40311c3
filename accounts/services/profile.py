"""Changing a person's name and username."""

from accounts.models import User


def change(*, user: User, name: str, username: str) -> User:
    """Call a person otherwise. The caller has checked the names."""
    user.name, user.username = " ".join(name.split()), username.strip()
    user.save(update_fields=["name", "username", "updated_at"])
    return user
