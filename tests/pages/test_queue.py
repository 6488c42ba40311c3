"""The cards above the composer: what waits for a reply to end, with and without scripts."""

from collections.abc import Callable

import pytest

from accounts.models import User
from chat.models import Conversation, InboxItem, Message, QueuedTurn, Run
from tests.cast import signed_in
from tests.conversations import began, end
from tests.pages.conftest import FRAGMENT

pytestmark = pytest.mark.usefixtures("somewhere")


@pytest.fixture
def first_run(owner: User) -> Run:
    return began(owner).run


def test_a_message_is_queued_with_all_the_form_holds(owner: User, first_run: Run) -> None:
    client = signed_in(owner)
    answer = client.post(
        f"/c/{first_run.conversation_id}/queue",
        {"text": "And <b>dogs</b>?\r\nOr cats?", "endpoint": "Somewhere", "model": "small", "request_id": "r1"},
        headers=FRAGMENT,
    )
    html = answer.content.decode()
    item = QueuedTurn.objects.get()
    assert (item.text, item.draft) == ("And <b>dogs</b>?\nOr cats?", {"endpoint": "Somewhere", "model": "small"})
    assert "And &lt;b&gt;dogs&lt;/b&gt;?" in html
    assert f'formaction="/queued/{item.id}/send"' in html
    assert html.strip().startswith('<div class="waiting" id="waiting"')
    assert f'formaction="/queued/{item.id}/steer"' in client.get(f"/c/{first_run.conversation_id}").content.decode()


def test_the_cards_work_as_plain_forms(owner: User, first_run: Run) -> None:
    client = signed_in(owner)
    for number in range(3):
        client.post(f"/c/{first_run.conversation_id}/queue", {"text": f"Number {number}"})
    steered, removed, sent = QueuedTurn.objects.order_by("created_at")
    answer = client.post(f"/queued/{steered.id}/steer")
    assert (answer.status_code, answer["Location"]) == (302, f"/c/{first_run.conversation_id}")
    assert InboxItem.objects.get().body["text"] == "Number 0"
    client.post(f"/queued/{removed.id}/remove")
    end(first_run, state="stopped", message_state="stopped")
    client.post(f"/queued/{sent.id}/send")
    assert Message.objects.filter(text="Number 2", parent=first_run.message_id).exists()
    assert list(QueuedTurn.objects.order_by("created_at").values_list("state", flat=True)) == [
        "cancelled", "cancelled", "sent",
    ]  # fmt: skip


def test_why_something_was_not_sent_is_read_on_its_card(owner: User, first_run: Run) -> None:
    QueuedTurn.objects.create(
        conversation=first_run.conversation, text="And dogs?", state="refused", refusal="Your balance is used up."
    )
    html = signed_in(owner).get(f"/c/{first_run.conversation_id}").content.decode()
    assert '<p class="waiting-refusal">Your balance is used up.</p>' in html


@pytest.mark.parametrize("text", ["", "x" * 1_100_000], ids=["empty", "long"])
def test_what_cannot_be_queued_is_said_in_a_toast(owner: User, first_run: Run, text: str) -> None:
    answer = signed_in(owner).post(f"/c/{first_run.conversation_id}/queue", {"text": text}, headers=FRAGMENT)
    assert (answer.status_code, answer["HX-Retarget"]) == (422, "#toasts")
    assert not QueuedTurn.objects.exists()


def test_strangers_have_none_of_it(stranger: User, first_run: Run) -> None:
    item = QueuedTurn.objects.create(conversation=first_run.conversation, text="And dogs?")
    client = signed_in(stranger)
    assert client.get(f"/c/{first_run.conversation_id}/queue").status_code == 404
    assert client.post(f"/c/{first_run.conversation_id}/queue", {"text": "Mine"}).status_code == 404
    for verb in ("send", "steer", "remove"):
        assert client.post(f"/queued/{item.id}/{verb}").status_code == 404
        assert client.get(f"/queued/{item.id}/{verb}").status_code == 405
    item.refresh_from_db()
    assert item.state == "queued"


def test_a_chat_without_a_queue_shows_none(owner: User, make_branch: Callable[..., Conversation]) -> None:
    html = signed_in(owner).get(f"/c/{make_branch(owner).id}").content.decode()
    assert "data-queued" not in html
