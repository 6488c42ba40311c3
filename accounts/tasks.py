"""Celery tasks: sending mails, none of them twice, and purging expired links and sessions."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from accounts.models import Invitation, MailedToken, RefreshSession, User
from accounts.services import invitations, recovery

SECONDS = 120  # that a task may take: a mail is some ten exchanges, each of at most `EMAIL_TIMEOUT`


@shared_task(ignore_result=True, expires=600, time_limit=SECONDS)
def purge() -> None:
    """Delete links and sessions that open nothing any more."""
    now = timezone.now()
    for expired in (MailedToken.objects, RefreshSession.objects, Invitation.objects.filter(accepted_at=None)):
        expired.filter(expires_at__lt=now).delete()


@shared_task(time_limit=SECONDS)
def send_verification(email: str) -> None:
    recovery.send_verification(email=email)


@shared_task(time_limit=SECONDS)
def send_reset(email: str) -> None:
    recovery.send_reset(email=email)


@shared_task(time_limit=SECONDS)
def send_taken(email: str) -> None:
    recovery.send_taken(email=email)


@shared_task(time_limit=SECONDS)
def send_invitation(invitation_id: str) -> None:
    invitations.send_invitation(invitation_id=UUID(invitation_id))


@shared_task(time_limit=SECONDS)
def send_notice(user_id: str, what: str) -> None:
    user = User.objects.filter(id=user_id).first()
    if user is not None:
        recovery.send_notice(user=user, what=what)
