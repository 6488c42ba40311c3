"""All that writes has a rate, and all that a person keeps has a quota: found by looking, not by naming."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db.models import ForeignKey, Model, OneToOneField
from django.test import Client
from pytest_django import Settings
from rest_framework.views import APIView

from accounts.models import ApiKey, RefreshSession, User
from accounts.services import api_keys, tokens
from billing.models import Budget
from billing.services import budget_admin
from chat.models import Bookmark, Conversation, Favourite, Message, Project
from chat.services import storage
from chat.services.organise import bookmarks, favourites, projects
from chat.services.tree import forking
from chat.services.turns import editing
from chat.services.turns.draft import Draft
from chat.services.turns.turns import start_turn
from core import quotas
from core.redis_client import client
from core.refusal import Refusal
from endpoints.catalog.selection import ModelRef
from tests.api.conftest import Api
from tests.security.conftest import places_of
from tests.security.routes import METHODS, all_routes
from tests.security.writers import all_writers, good_body

pytestmark = [
    pytest.mark.security,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("stream_threads", "somewhere"),
]
Make = Callable[..., Conversation]
OPEN_TO_ALL = ("/api/auth/", "/api/user/verify")
ENDS_EVERYTHING = {"account_logout", "admin:logout", "account_delete"}


@pytest.fixture
def strict(settings: Settings) -> None:
    """Everybody has had enough after the first change."""
    settings.WRITE_USER_MAX = settings.WRITE_IP_MAX = 1
    settings.WRITE_USER_WINDOW = settings.WRITE_IP_WINDOW = 60


# --- how often -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("strict")
def test_every_writer_of_the_api_is_limited(owner: User, admin_user: User, belongings: dict[str, Any]) -> None:
    writers = all_writers(owner, **places_of(belongings))
    assert len(writers) > 30
    for writer in writers:
        cache.clear()
        body = good_body(writer, str(belongings["conversation"].id)) if writer.takes_body else None
        by = writer.by(owner, admin_user) if not writer.template.startswith(OPEN_TO_ALL) else Api()
        for user in (owner, admin_user):
            quotas.count_write(user_id=user.id, address="", size=0)
        quotas.count_write(user_id=None, address="127.0.0.1", size=0)
        answer = by.send(writer.method, writer.path, body)
        needs_a_session = by.headers == {} and answer.status_code == 401
        assert answer.status_code == 429 or needs_a_session, (writer, answer.status_code, answer.content)
        if answer.status_code == 429:
            assert 0 < int(answer["Retry-After"]) <= 3600
            assert b"Try again in" in answer.content


def test_no_view_of_the_api_has_another_throttle() -> None:
    for route in all_routes():
        view = getattr(route.callback, "cls", None)
        if view is not None and issubclass(view, APIView):
            assert [throttle.__name__ for throttle in view.throttle_classes] == ["WriteThrottle"], route


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize("signed_in", [True, False])
def test_every_page_that_is_written_to_is_limited(
    signed_in: bool, admin_user: User, belongings: dict[str, Any]
) -> None:
    client = Client(raise_request_exception=False)
    if signed_in:
        client.force_login(admin_user)
    quotas.count_write(user_id=admin_user.id if signed_in else None, address="127.0.0.1", size=0)
    for route in all_routes():
        if route.path.startswith("/api/"):
            continue
        for method in METHODS[1:]:
            answer = client.generic(
                method, route.url(**places_of(belongings)), b"a=1", "application/x-www-form-urlencoded"
            )
            assert answer.status_code == 429, (route, method, answer.status_code)
            assert 0 < int(answer["Retry-After"]) <= 3600


def test_reading_is_not_writing(owner: User, strict: None) -> None:
    for _ in range(3):
        assert Api(owner).get("/api/convos").status_code == 200


@pytest.mark.usefixtures("strict")
def test_a_part_of_a_page_is_told_in_a_toast(owner: User) -> None:
    client = Client()
    client.force_login(owner)
    client.post("/favourites")
    answer = client.post("/favourites", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Retarget"]) == (429, "#toasts")
    assert answer.content.startswith(b'<div class="toast') or b'class="toast' in answer.content


def test_what_is_sent_counts_by_its_size(owner: User, settings: Settings, make_conversation: Make) -> None:
    settings.WRITE_MEGABYTES_MAX, settings.WRITE_MEGABYTES_WINDOW = 2, 60
    path = f"/api/messages/{make_conversation(owner).id}"
    body = {"text": "x" * 900_000, "isCreatedByUser": True}
    statuses = [Api(owner).post(path, body).status_code for _ in range(4)]
    assert statuses == [201, 201, 429, 429]
    assert Message.objects.count() == 2


# --- how much ------------------------------------------------------------------------------------------


def full(settings: Settings, **changes: int) -> None:
    settings.QUOTAS = {**django_settings.QUOTAS, **changes}


def test_bookmarks_projects_favourites_and_keys_have_a_quota(owner: User, settings: Settings) -> None:
    full(settings, bookmarks=2, projects=2, favourites=1, api_keys=2)
    for name in ("a", "b"):
        bookmarks.create(user=owner, name=name)
        projects.create(user=owner, name=name)
        api_keys.make(user=owner, name=name)
    favourites.replace(user=owner, model_refs=[ModelRef("Somewhere", "tiny")])
    for refused in (
        lambda: bookmarks.create(user=owner, name="c"),
        lambda: projects.create(user=owner, name="c"),
        lambda: api_keys.make(user=owner, name="c"),
        lambda: favourites.replace(
            user=owner, model_refs=[ModelRef("Somewhere", "tiny"), ModelRef("Somewhere", "small")]
        ),
    ):
        with pytest.raises(Refusal, match=r"reached the limit|at most"):
            refused()
    counts = [table.objects.count() for table in (Bookmark, Project, ApiKey, Favourite)]
    assert counts == [2, 2, 2, 1]
    for path, body in (("/api/tags", {"tag": "c"}), ("/api/projects", {"name": "c"}), ("/api/api-keys", {"name": "c"})):
        assert 400 <= Api(owner).post(path, body).status_code < 500


def test_the_oldest_of_too_many_sessions_ends(owner: User, settings: Settings) -> None:
    full(settings, api_sessions=3)
    opened = [tokens.open_session(user=owner).session_id for _ in range(5)]
    assert set(RefreshSession.objects.values_list("id", flat=True)) == set(opened[2:])


def test_budgets_of_ones_own_have_a_quota(owner: User, settings: Settings) -> None:
    full(settings, budgets=1)
    key = api_keys.make(user=owner, name="a").row
    limit = budget_admin.BudgetLimit(name="x", amount=1)
    budget_admin.create(actor=owner, limit=limit, target=key)
    with pytest.raises(quotas.QuotaReached):
        budget_admin.create(actor=owner, limit=limit, target=key)
    assert Budget.objects.count() == 1


def test_passkeys_have_a_quota(owner: User, settings: Settings) -> None:
    full(settings, passkeys=1)
    Authenticator.objects.create(user=owner, type="webauthn", data={"name": "a", "credential": {}})
    with pytest.raises(quotas.QuotaReached, match=r"reached the limit of 1\."):
        quotas.check("passkeys", Authenticator.objects.filter(user=owner).count())


LARGE = "x" * 700_000


@pytest.fixture
def large(owner: User, make_conversation: Make) -> Conversation:
    """A conversation with a message that does not compress."""
    text = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=700_000))
    conversation = make_conversation(owner)
    editing.add(user=owner, conversation_id=conversation.id, text=text, is_user=True)
    return conversation


def test_messages_have_a_quota_by_their_size(owner: User, settings: Settings, large: Conversation) -> None:
    full(settings, storage_megabytes=1)
    assert storage.measure(owner.id) > 900_000
    before = Message.objects.count()
    message = Message.objects.get()
    for refused in (
        lambda: editing.add(user=owner, conversation_id=large.id, text=LARGE, is_user=True),
        lambda: forking.fork(user=owner, conversation_id=large.id, message_id=message.id),
        lambda: forking.duplicate(user=owner, conversation_id=large.id),
    ):
        with pytest.raises(quotas.QuotaReached, match="1 MB"):
            refused()
    with pytest.raises(quotas.QuotaReached, match="1 MB") as refusal:
        start_turn(user=owner, conversation_id=large.id, draft=Draft(text=LARGE, endpoint="Somewhere", model="tiny"))
    assert refusal.value.status == 409
    answers = [
        Api(owner).post(f"/api/messages/{large.id}", {"text": LARGE, "isCreatedByUser": True}),
        Api(owner).post("/api/convos/duplicate", {"conversationId": str(large.id)}),
        Api(owner).post("/api/convos/fork", {"conversationId": str(large.id), "messageId": str(message.id)}),
    ]
    assert [answer.status_code for answer in answers] == [409, 409, 409]
    browser = Client()
    browser.force_login(owner)
    page = browser.post(f"/c/{large.id}/messages/{message.id}/fork", {"option": "targetLevel"})
    assert page.status_code == 409
    assert "Delete chats" in page.content.decode()
    assert Message.objects.count() == before


def test_copies_count_by_their_size(owner: User, settings: Settings, large: Conversation) -> None:
    settings.WRITE_MEGABYTES_MAX, settings.WRITE_MEGABYTES_WINDOW = 3, 60
    made = 0
    for _ in range(5):
        answer = Api(owner).post("/api/convos/duplicate", {"conversationId": str(large.id)})
        made += answer.status_code == 201
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert 1 <= made <= 3


def test_the_longest_message_is_a_setting(owner: User, settings: Settings, make_conversation: Make) -> None:
    settings.MESSAGE_MAX_CHARACTERS = 10
    path = f"/api/messages/{make_conversation(owner).id}"
    assert Api(owner).post(path, {"text": "x" * 11, "isCreatedByUser": True}).status_code == 400
    assert Api(owner).post(path, {"text": "x" * 10, "isCreatedByUser": True}).status_code == 201


# What a person keeps, and what bounds it. A new table that belongs to people has to be added.
BOUNDED = {
    "chat.Project": "projects", "chat.Bookmark": "bookmarks", "chat.Favourite": "favourites",
    "chat.Conversation": "storage_megabytes", "accounts.ApiKey": "api_keys", "mfa.Authenticator": "passkeys",
    "accounts.RefreshSession": "api_sessions", "billing.Budget": "budgets",
}  # fmt: skip
OTHERWISE = {
    "endpoints.UserKey": "one for each endpoint", "billing.Balance": "one", "accounts.Membership": "one for each group",
    "chat.Run": "one for each message",
    "chat.ApprovalRequest": "one for each call of a tool, of which a run makes few", "billing.Hold": "one for each run",
    "billing.LedgerEntry": "costs credit, or an administrator writes it", "accounts.Grant": "200 for each object",
    "accounts.CapabilityGrant": "one for each power", "accounts.Group": "administrators make them",
    "accounts.MailedToken": "as often as mails may be asked for", "accounts.Invitation": "administrators make them",
    "accounts.Ban": "administrators make them", "accounts.AuditEntry": "as often as may be written",
    "admin.LogEntry": "administrators", "account.EmailAddress": "not used",
    "socialaccount.SocialAccount": "the providers",
    "usersessions.UserSession": "as often as one may sign in; they end by themselves",
    "accounts.Banner": "administrators",
    "billing.BudgetUsage": "one for each budget and period", "accounts.SiteSettings": "one",
    "billing.MoneySettings": "one", "billing.Price": "administrators",
}  # fmt: skip


def test_everything_that_a_person_keeps_is_bounded() -> None:
    owned = {model._meta.label for model in apps.get_models() if _belongs_to_people(model)}
    assert len(owned) > 10
    assert not owned - BOUNDED.keys() - OTHERWISE.keys()
    assert set(BOUNDED.values()) == set(django_settings.QUOTAS)


def _belongs_to_people(table: type[Model]) -> bool:
    return any(
        isinstance(field, ForeignKey | OneToOneField) and field.related_model is User for field in table._meta.fields
    )


def test_what_many_keep_is_measured_at_once(
    owner: User, stranger: User, large: Conversation, settings: Settings, django_assert_num_queries: Any
) -> None:
    full(settings, storage_megabytes=1)
    cache.clear()
    for user in (owner, stranger):  # nobody knows yet what they keep: nothing is refused
        storage.take_known(user, 10_000_000)
    with django_assert_num_queries(1):
        assert storage.measure_unknown() == 2
    assert storage.measure_unknown() == 0
    with pytest.raises(quotas.QuotaReached, match="1 MB"):
        storage.take_known(owner, 600_000)
    storage.take_known(stranger, 600_000)
    with pytest.raises(quotas.QuotaReached, match="1 MB"):
        storage.take_known(stranger, 600_000)  # what was added counts at once


def test_a_turn_measures_nothing(owner: User, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also the first one, of whom nothing is known: it leaves word, and queues no task."""
    full(settings, storage_megabytes=1)
    cache.clear()
    monkeypatch.setattr(storage, "_measured", lambda user_ids: pytest.fail("measured"))
    start_turn(user=owner, conversation_id=None, draft=Draft(text="Hello", endpoint="Somewhere", model="tiny"))
    assert client().smembers(storage.UNKNOWN) == {str(owner.id).encode()}
