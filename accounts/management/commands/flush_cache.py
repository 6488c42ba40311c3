from typing import Any

from django.core.cache import cache

from accounts.management.admin_command import AdminCommand


class Command(AdminCommand):
    help = (
        "Empty the cache: counters of limits and violations, fetched model lists and cached sessions "
        "(people stay signed in). Running replies aren't affected."
    )
    is_destructive = True

    def run_with(self, **options: Any) -> tuple[Any, str]:
        self.confirm("This resets all limits and violations counted so far.", options)
        store = cache._cache.get_client(write=True)  # type: ignore[attr-defined]
        # Streams of running replies and the work list live in the same Redis, under names of their own.
        keys = 0
        for key in store.scan_iter(match=f"{cache.key_prefix}:{cache.version}:*", count=1_000):
            keys += store.delete(key)
        return {"keys": keys}, f"{keys} entries deleted."
