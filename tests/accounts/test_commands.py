"""The commands for administrators: what they do, what they print, and how they end."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import AuditEntry, Role, User
from billing.models import Balance, LedgerEntry
from chat.models import Conversation, Message, Project

pytestmark = pytest.mark.django_db


def run(name: str, *arguments: str, **options: Any) -> Any:
    out = io.StringIO()
    call_command(name, *arguments, "--json", stdout=out, **options)
    return json.loads(out.getvalue())


def test_an_account_is_made_with_a_password_that_is_printed_once(client: Client) -> None:
    account = run("create_user", "new@example.org", "New Person", "--generate")
    assert client.login(email="new@example.org", password=account["password"])
    assert AuditEntry.objects.get().action == "user.created"
    assert account["password"] not in json.dumps(AuditEntry.objects.get().after)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["olivia.owner@example.org", "Twice", "--generate"], "already"),
        (["no address", "Name", "--generate"], "valid email"),
        (["new@example.org", "Name", "--password", "short"], "too short"),
        (["new@example.org", "Name", "--generate", "--role", "GOD"], "Role GOD not found"),
        (["new@example.org", "Name"], "Can't ask for"),
    ],
)
def test_a_faulty_account_is_refused(owner: User, arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        run("create_user", *arguments)
    assert User.objects.count() == 1


def test_somebody_is_invited_and_the_link_makes_the_account(client: Client) -> None:
    invitation = run("invite_user", "guest@example.org", "--role", "ADMIN")
    answer = client.post(invitation["link"].partition("://")[2].partition("/")[2].join(["/", ""]), {
        "name": "Guest", "password": "correct-horse-battery",
    })  # fmt: skip
    assert answer.status_code == 302
    guest = User.objects.get()
    assert (guest.email, guest.role_id) == ("guest@example.org", "ADMIN")
    with pytest.raises(CommandError, match="An account with this email address"):
        run("invite_user", "guest@example.org")
    with pytest.raises(CommandError, match="Role GOD not found"):
        run("invite_user", "other@example.org", "--role", "GOD")


def test_people_are_listed(owner: User, admin_user: User) -> None:
    assert [user["email"] for user in run("list_users", "--role", "USER")] == [owner.email]


def test_a_new_password_ends_the_sessions(owner: User, client: Client) -> None:
    client.force_login(owner)
    account = run("reset_password", owner.email, "--generate")
    assert client.get("/c/new").status_code == 302
    assert client.login(email=owner.email, password=account["password"])


def test_balances_by_command(owner: User) -> None:
    assert run("add_balance", owner.email, "500")["balance"] == 500
    assert run("set_balance", owner.email, "200", "--reason", "Because")["balance"] == 200
    assert run("list_balances") == [{"email": owner.email, "balance": 200, "held": 0}]
    assert [entry.note for entry in LedgerEntry.objects.order_by("id")] == ["by command", "Because"]
    with pytest.raises(CommandError, match="below 0"):
        run("set_balance", owner.email, "-5")
    with pytest.raises(CommandError, match="No user has the email"):
        run("add_balance", "nobody@example.org", "5")
    assert run("reconcile")["drift"] == []
    Balance.objects.update(credits=1)
    with pytest.raises(CommandError, match="1 numbers don't match"):
        run("reconcile")


def test_roles_and_bans_by_command(owner: User) -> None:
    assert run("set_role", owner.email, "ADMIN")["role"] == "ADMIN"
    with pytest.raises(CommandError, match="only administrator"):
        run("set_role", owner.email, "USER")
    assert "until" in run("ban_user", owner.email, "5")
    assert run("ban_user", owner.email, "0")["lifted"] == 1


def test_the_example_of_metogpt() -> None:
    models_of = {role["name"]: role["modelAccess"] for role in run("seed_roles", "--yes")}
    assert models_of["USER"] == {"gpt-3.5-turbo": {"enabled": True, "coefficient": 1.0}}
    assert models_of["PRO"]["claude-3"] == {"enabled": True, "coefficient": 1.8}
    assert models_of["ADMIN"] == {}
    run("seed_roles", "--yes")
    assert Role.objects.count() == 3


def test_what_destroys_is_not_done_unasked(owner: User) -> None:
    for name, arguments in (("delete_user", [owner.email]), ("flush_cache", []), ("reset_terms", [])):
        with pytest.raises(CommandError, match="Add --yes"):
            run(name, *arguments)
    assert User.objects.count() == 1


def test_a_person_is_deleted_with_everything_but_the_books(owner: User, stranger: User) -> None:
    """Security case 86."""
    chat = Conversation.objects.create(owner=owner, title="MARKER", endpoint="E", model="m")
    Message.objects.create(conversation=chat, author="user", parts=[], text="MARKER")
    shared = Project.objects.create(owner=owner, name="MARKER")
    others = Conversation.objects.create(owner=stranger, title="Stays", endpoint="E", model="m", project=shared)
    run("add_balance", owner.email, "500")
    run("delete_user", owner.email, "--yes")
    assert list(User.objects.all()) == [stranger]
    assert list(Conversation.objects.all()) == [others]
    assert not Message.objects.exists()
    assert not Project.objects.exists()
    assert LedgerEntry.objects.get().user_id == owner.id
    erased = AuditEntry.objects.get(action="user.erased")
    assert (erased.target_id, erased.target_name) == (str(owner.id), "")


def test_everything_about_a_person_is_written_to_a_file(owner: User, stranger: User, tmp_path: Path) -> None:
    """Security case 18: and nothing of anybody else."""
    for person, title in ((owner, "Mine"), (stranger, "Not mine")):
        chat = Conversation.objects.create(owner=person, title=title, endpoint="E", model="m")
        Message.objects.create(conversation=chat, author="user", parts=[{"type": "text", "text": title}], text=title)
    run("add_balance", owner.email, "500")
    file = tmp_path / "export.zip"
    run("export_user", owner.email, str(file))
    with zipfile.ZipFile(file) as archive:
        files = {name: json.loads(archive.read(name)) for name in archive.namelist()}
    assert files["account.json"]["email"] == owner.email
    assert [chat["title"] for chat in files["conversations.json"]] == ["Mine"]
    assert files["conversations.json"][0]["messages"][0]["parts"] == [{"type": "text", "text": "Mine"}]
    assert files["ledger.json"][0]["credits"] == 500
    assert "Not mine" not in json.dumps(files)
    with pytest.raises(CommandError, match="cannot be written"):
        run("export_user", owner.email, str(file))


def test_statistics_and_the_cache(owner: User) -> None:
    Conversation.objects.create(owner=owner, title="One", endpoint="E", model="m")
    assert run("user_stats") == [{"email": owner.email, "conversations": 1, "messages": 0}]
    assert run("flush_cache", "--yes")["keys"] >= 0


def test_a_command_may_be_written_with_hyphens() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "ban-user", "--help"],
        cwd=site.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "minutes" in done.stdout) == (0, True)
    wrong = subprocess.run(
        [sys.executable, "manage.py", "ban-user"], cwd=site.BASE_DIR, capture_output=True, text=True, check=False
    )
    assert (wrong.returncode, "required" in wrong.stderr) == (2, True)
