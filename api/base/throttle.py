"""Rate limits of writes over the API."""

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.models import User
from core import quotas, rate_limits


class WriteThrottle(BaseThrottle):
    """Counts every request that may change something. It is the default of all views, and no view has another."""

    _seconds = 0

    def allow_request(self, request: Request, view: object) -> bool:
        if request.method in quotas.READING:
            return True
        user = request.user if isinstance(request.user, User) else None
        size = request.META.get("CONTENT_LENGTH") or "0"
        try:
            quotas.count_write(
                user_id=user.id if user else None,
                address=rate_limits.address_of(request),
                size=int(size) if str(size).isdecimal() else 0,
            )
        except rate_limits.TooOften as often:
            self._seconds = often.retry_after
            return False
        return True

    def wait(self) -> float:
        return self._seconds
