"""The banner above every page. Each process reads the table every two seconds."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import Banner, User
from accounts.services import audit
from core.ttl_cache import ttl_cache


def current(*, signed_in: bool) -> Banner | None:
    """Return the banner that counts now, for people who are signed in or for anybody."""
    now = timezone.now()
    return next((banner for banner in latest() if _counts(banner, now) and (signed_in or banner.is_public)), None)


@ttl_cache
def latest() -> list[Banner]:
    return list(Banner.objects.order_by("-display_from", "-id")[:20])


def show(
    *,
    actor: User | None,
    message: str,
    until: datetime | None = None,
    public: bool = False,
    persistent: bool = False,
) -> Banner:
    """Show a banner from now on."""
    with transaction.atomic():
        banner = Banner.objects.create(message=message, display_to=until, is_public=public, is_persistent=persistent)
        target = audit.AuditTarget("banner", str(banner.id), message)
        audit.record(actor=actor, action="banner.created", target=target, after={"message": message, "until": until})
    latest.invalidate()
    return banner


def remove_all(*, actor: User | None) -> int:
    """Take away every banner; return how many there were."""
    with transaction.atomic():
        count, _rows = Banner.objects.all().delete()
        if count:
            audit.record(
                actor=actor, action="banner.deleted", target=audit.AuditTarget("banner", ""), before={"all": count}
            )
    latest.invalidate()
    return count


def _counts(banner: Banner, now: datetime) -> bool:
    return banner.display_from <= now and (banner.display_to is None or now < banner.display_to)
