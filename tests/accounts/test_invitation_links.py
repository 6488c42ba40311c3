"""Inviting people from the administration, with a mail server and without one."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry, Invitation, User

pytestmark = pytest.mark.django_db
ADD, LIST = reverse("admin:accounts_invitation_add"), reverse("admin:accounts_invitation_changelist")
GUEST = {"email": "guest@example.org", "role": "USER"}
LINK = re.compile(r'value="[^"]*(/invitation\?token=[0-9a-f]{64})"')


def test_without_mail_the_link_is_shown_once_and_makes_the_account(admin_client: Client) -> None:
    assert "No mail server is set up" in admin_client.get(ADD).content.decode()
    answer = admin_client.post(ADD, GUEST)
    [link] = LINK.findall(answer.content.decode())
    assert "no-store" in answer.headers["Cache-Control"]
    assert link not in admin_client.get(LIST).content.decode()
    guest = Client()
    assert "guest@example.org" in guest.get(link).content.decode()
    guest.post(link, {"name": "Guest", "password": "correct-horse-battery"})
    assert User.objects.get(email="guest@example.org").role_id == "USER"


def test_a_new_link_ends_the_earlier_one(admin_client: Client) -> None:
    [first] = LINK.findall(admin_client.post(ADD, GUEST).content.decode())
    invitation = Invitation.objects.get()
    form = {"action": "show_links", "_selected_action": [str(invitation.pk)]}
    [second] = LINK.findall(admin_client.post(LIST, form).content.decode())
    assert Client().get(first).status_code == 400
    assert Client().get(second).status_code == 200
    assert AuditEntry.objects.latest("seq").action == "invitation.link"


@pytest.mark.parametrize("change", [{"accepted_at": timezone.now()}, {"expires_at": timezone.now() - timedelta(1)}])
def test_closed_invitations_have_no_link(admin_client: Client, change: dict[str, Any]) -> None:
    admin_client.post(ADD, GUEST)
    Invitation.objects.update(**change)
    form = {"action": "show_links", "_selected_action": [str(Invitation.objects.get().pk)]}
    answer = admin_client.post(LIST, form, follow=True).content.decode()
    assert LINK.findall(answer) == []
    assert "accepted or have expired" in answer


def test_with_mail_the_link_is_shown_to_nobody(
    admin_client: Client, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.MAIL_CONFIGURED = True
    assert "email the invitation" in admin_client.get(ADD).content.decode()
    with django_capture_on_commit_callbacks(execute=False):
        answer = admin_client.post(ADD, GUEST, follow=True)
    assert LINK.findall(answer.content.decode()) == []
    assert "show_links" not in admin_client.get(LIST).content.decode()
    assert mail.outbox == [], "it is sent by a task"


def test_an_empty_list_says_how_to_begin(admin_client: Client) -> None:
    page = admin_client.get(LIST).content.decode()
    assert "No invitations yet." in page
    assert "Create a new item" not in page
    assert "Clear search and filters" in admin_client.get(LIST, {"q": "nobody"}).content.decode()


def test_a_refusal_does_not_send_an_administrator_to_an_administrator(
    admin_client: Client, client: Client, owner: User
) -> None:
    path = reverse("admin:accounts_apikey_add")  # a key is made by whom it belongs to
    answer = admin_client.get(path)
    assert answer.status_code == 403
    assert "An administrator can give you access" not in answer.content.decode()
