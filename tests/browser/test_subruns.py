"""The card of a subrun: it shows what is written while it is open, all of it when it is opened anew, and stays open."""

from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Page, expect
from redis import Redis

from messages.events import Event, Finished, PartDelta, PartStarted, PartUpdated, Snapshot, offset_step
from messages.parts import Part, Subrun, Text
from messages.stream_format import encode, key_of
from tests.browser.conftest import run_in_shell
from tests.load.people import Person
from tests.load.stack import Stack

pytestmark = pytest.mark.browser

BEGIN = """
from accounts.models import User
from chat.models import Conversation, Message, Run
from messages.parts import Subrun, Text, parts_to_json
user = User.objects.get(email={email!r})
chat = Conversation.objects.create(id={chat!r}, owner=user, title="Cats", endpoint="Workshop", model="qwen3-32b")
question = Message.objects.create(
    conversation=chat, author="user", text="How many?", parts=[{{"type": "text", "text": "How many?"}}]
)
parts = [Text("Let me see."), Subrun({subrun!r}, "c1", "Research")]
reply = Message.objects.create(
    conversation=chat, author="assistant", parent=question, state="streaming", endpoint=chat.endpoint,
    model=chat.model, sender="qwen3-32b", parts=parts_to_json(parts),
)
ours = {{"owner": user, "conversation": chat, "message": reply, "state": "waiting"}}
run = Run.objects.create(id={run!r}, checkpoint={{}}, **ours)
Run.objects.create(
    id={subrun!r}, parent=run, checkpoint={{}}, content=parts_to_json([Text("Stored words.")]), **ours
)
Conversation.objects.filter(id=chat.id).update(chosen_root=question)
Message.objects.filter(id=question.id).update(chosen_child=reply)
"""

END = """
from chat.models import Run
from messages.parts import Text, parts_to_json
Run.objects.filter(id={subrun!r}).update(state="done", content=parts_to_json([Text("Three grey cats, and a dog.")]))
"""


@pytest.fixture
def write_log(stack: Stack) -> Iterator[Callable[..., int]]:
    """Return a function that adds events to a run's log from a position on, and returns the one behind them."""
    with Redis.from_url((stack.environment | stack.runtime())["REDIS_URL"]) as client:

        def write(whose: UUID, at: int, *events: Event) -> int:
            client.xadd(key_of(whose), {"e": encode(at, events)})
            return at + sum(map(offset_step, events))

        yield write


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_the_card_grows_while_it_is_open(
    open_tab: Callable[..., Page],
    axe: Callable[[Page, str], None],
    stack: Stack,
    person: Person,
    write_log: Callable[..., int],
    phone: bool,
) -> None:
    chat, run, subrun = uuid4(), uuid4(), uuid4()
    run_in_shell(stack, BEGIN.format(email=person.email, chat=str(chat), run=str(run), subrun=str(subrun)))
    page = open_tab(f"/c/{chat}", phone=phone)
    card = page.locator("details.tool", has_text="Research")
    text, summary = card.locator(".subrun .prose"), card.locator("summary")
    expect(text).to_have_count(0)
    summary.focus()
    page.keyboard.press("Enter")
    expect(text).to_have_text("Stored words.")
    axe(page, "a subrun is open")
    at = write_log(subrun, 0, PartStarted(0, Text("Three")))
    expect(text).to_have_text("Three")
    at = write_log(subrun, at, PartDelta(0, " grey cats"))
    expect(text).to_have_text("Three grey cats")
    page.keyboard.press("Enter")
    expect(text).to_be_hidden()
    at = write_log(subrun, at, PartDelta(0, ", and a dog"))
    page.wait_for_timeout(300)
    expect(text).not_to_contain_text("dog")  # nobody looks
    page.keyboard.press("Enter")
    expect(text).to_have_text("Three grey cats, and a dog")
    begun: list[Part] = [Text("Let me see."), Subrun(str(subrun), "c1", "Research")]
    seen = write_log(run, 1000, Snapshot((*begun, Text("Meanwhile."))))  # the reply goes on, and is shown anew
    expect(page.locator("article.from-model")).to_contain_text("Meanwhile.")
    expect(text).to_have_text("Three grey cats, and a dog")
    page.reload()
    expect(text).to_have_count(0)
    summary.click()
    expect(text).to_have_text("Three grey cats, and a dog")
    at = write_log(subrun, at, PartDelta(0, "."))
    expect(text).to_have_text("Three grey cats, and a dog.")
    run_in_shell(stack, END.format(subrun=str(subrun)))
    write_log(subrun, at, Finished("stop"))
    expect(card.locator("[data-open]")).to_have_count(0)
    expect(text).to_have_text("Three grey cats, and a dog.")
    write_log(run, seen, PartUpdated(1, Subrun(str(subrun), "c1", "Research", "done")))
    expect(card.get_by_text("Its answer is the result of the call above.")).to_be_visible()
    axe(page, "a subrun has ended")
