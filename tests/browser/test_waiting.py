"""A reply that waits for its person: the card is answered by keys alone, and the reply goes on in the open page."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import run_in_shell, settled
from tests.load.people import Person
from tests.load.stack import Stack

pytestmark = pytest.mark.browser

WAIT = """
from accounts.models import User
from agents.services.loop import PendingCall, Replied, RunState, after
from chat.models import ApprovalRequest, Conversation, Message, Run
from chat.services.turns.checkpoint import Checkpoint
from messages.parts import Approval, Text, ToolCall, parts_to_json
user = User.objects.get(email={email!r})
chat = Conversation.objects.create(owner=user, title="A letter", endpoint="Workshop", model="qwen3-32b")
question = Message.objects.create(
    conversation=chat, author="user", text="Write to Ada", parts=[{{"type": "text", "text": "Write to Ada"}}]
)
reply = Message.objects.create(
    conversation=chat, author="assistant", parent=question, state="streaming", endpoint=chat.endpoint,
    model=chat.model, sender="qwen3-32b",
)
state = after(RunState(), Replied(0, (PendingCall("c1", "send_mail", 1, "approval"),)))
run = Run.objects.create(
    owner=user, conversation=chat, message=reply, state="waiting", checkpoint=Checkpoint(state, border=1).to_json()
)
asked = ApprovalRequest.objects.create(
    run=run, call_id="c1", kind="approval", request={{"name": "send_mail", "arguments": '{{"to": "Ada"}}'}}
)
call = ToolCall("c1", "send_mail", '{{"to": "Ada"}}')
parts = [Text("I write to her."), call, Approval(str(asked.id), "c1")]
Message.objects.filter(id=reply.id).update(parts=parts_to_json(parts))
Conversation.objects.filter(id=chat.id).update(chosen_root=question)
Message.objects.filter(id=question.id).update(chosen_child=reply)
"""


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_a_call_is_rejected_by_keys_alone_and_the_reply_goes_on(
    open_tab: Callable[..., Page], axe: Callable[[Page, str], None], stack: Stack, person: Person, phone: bool
) -> None:
    run_in_shell(stack, WAIT.format(email=person.email))
    page = open_tab(phone=phone)
    row = page.locator(".history li[data-asking]")
    expect(row).to_have_count(1)
    page.goto(row.locator("a.row").get_attribute("href") or "")
    card = page.get_by_role("region", name="Allow “send_mail” to run?")
    expect(card).to_contain_text('{"to": "Ada"}')
    axe(page, "a call waits for an approval")
    card.get_by_label("Reason, if you don't allow it").focus()
    page.keyboard.type("Not to her")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(card.get_by_role("button", name="Don't allow")).to_be_focused()
    page.keyboard.press("Enter")
    settled(page)
    reply = page.locator("article.from-model")
    expect(reply).to_contain_text("You didn't allow this call: Not to her")
    expect(reply.locator(".part.prose").last).to_contain_text(re.compile(r"\w"))
    expect(page.locator(".history li[data-asking]")).to_have_count(0)
    axe(page, "the call was rejected")
