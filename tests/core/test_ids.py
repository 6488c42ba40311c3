import uuid

from core.ids import uuid7


def test_keys_are_version_7_and_sort_in_the_order_they_were_made() -> None:
    keys = [uuid7() for _ in range(2000)]
    assert all(key.version == 7 and key.variant == uuid.RFC_4122 for key in keys)
    milliseconds = [key.int >> 64 for key in keys]
    assert milliseconds == sorted(milliseconds)
