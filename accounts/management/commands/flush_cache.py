from typing import Any

from django.core.cache import cache

from accounts.management.admin_command import AdminCommand


class Command(AdminCommand):
    help = (
        "Empty the cache: what was counted for limits and violations, fetched lists of models, cached sessions "
        "(people stay signed in). Running replies are not in it."
    )
    is_destructive = True

    def run_with(self, **options: Any) -> tuple[Any, str]:
        self.confirm("This forgets all limits and violations counted so far.", options)
        store = cache._cache.get_client(write=True)  # type: ignore[attr-defined]
        # Streams of running replies and the work list live in the same Redis, under names of their own.
        keys = 0
        for key in store.scan_iter(match=f"{cache.key_prefix}:{cache.version}:*", count=1_000):
            keys += store.delete(key)
        return {"keys": keys}, f"{keys} entries are gone."
