"""Mails. Always sent from a task, so that response times do not reveal whether an account exists."""

from dataclasses import dataclass
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string

from accounts.services import site


@dataclass(frozen=True, slots=True)
class Letter:
    """The first line of the template is the subject."""

    template: str
    to: str
    values: dict[str, Any]


def is_configured() -> bool:
    """Return whether this installation can send mail."""
    return bool(settings.MAIL_CONFIGURED)


def queue(task: str, *arguments: str) -> None:
    """Have a task of `accounts.tasks` run after commit."""
    transaction.on_commit(lambda: current_app.send_task(f"accounts.tasks.{task}", list(arguments)))


def deliver(letter: Letter) -> None:
    """Send it now. Raises what the mail server's connection raises."""
    text = render_to_string(
        f"mail/{letter.template}.txt",
        {**letter.values, "app_title": site.current().app_title, "site": settings.DOMAIN_CLIENT},
    )
    subject, _, body = text.strip().partition("\n")
    EmailMessage(" ".join(subject.split()), body.strip() + "\n", to=[letter.to]).send()
