"""A reply that waits for its person: the card is answered by keys alone, and the reply goes on in the open page."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import run_in_shell, settled
from tests.load.people import Person
from tests.load.stack import Stack

pytestmark = pytest.mark.browser
WORKSHOP = ("Workshop", "qwen3-32b")

WAIT = """
from accounts.models import User
from agents.services.loop import PendingCall, Replied, RunState, after
from chat.models import ApprovalRequest, Conversation, Message, Run
from chat.services.turns.checkpoint import Checkpoint
from messages.parts import Approval, Text, ToolCall, parts_to_json
user = User.objects.get(email={email!r})
chat = Conversation.objects.create(owner=user, title="A letter", endpoint={endpoint!r}, model={model!r})
question = Message.objects.create(
    conversation=chat, author="user", text="Write to Ada", parts=[{{"type": "text", "text": "Write to Ada"}}]
)
reply = Message.objects.create(
    conversation=chat, author="assistant", parent=question, state="streaming", endpoint=chat.endpoint,
    model=chat.model, sender={model!r},
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


def open_card(page: Page, stack: Stack, person: Person, model: tuple[str, str] = WORKSHOP) -> Locator:
    """Store a reply that waits for an approval, open it in the tab, and return its card."""
    run_in_shell(stack, WAIT.format(email=person.email, endpoint=model[0], model=model[1]))
    page.reload()
    row = page.locator(".history li[data-asking]")
    expect(row).to_have_count(1)
    page.goto(row.locator("a.row").get_attribute("href") or "")
    return page.get_by_role("region", name="Allow “send_mail” to run?")


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_arguments_are_edited_by_keys_alone_and_the_card_keeps_what_is_wrong(
    open_tab: Callable[..., Page], axe: Callable[[Page, str], None], stack: Stack, person: Person, phone: bool
) -> None:
    page = open_tab(phone=phone)
    card = open_card(page, stack, person)
    card.locator("summary", has_text="Edit arguments").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    field = card.get_by_label("Arguments, as JSON")
    expect(field).to_be_focused()
    expect(field).to_have_value('{\n  "to": "Ada"\n}')
    axe(page, "arguments are edited")
    field.fill('{"to": ')
    page.keyboard.press("Tab")
    expect(card.get_by_role("button", name="Allow with changes")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The arguments are not valid JSON.")).to_be_visible()
    expect(field).to_have_value('{"to": ')
    field.fill('{"to": "Eve"}')
    card.get_by_role("button", name="Allow with changes").press("Enter")
    settled(page)
    reply = page.locator("article.from-model")
    expect(reply).to_contain_text("You allowed this call with changes.")
    call = reply.locator("details.tool")
    expect(call.locator("summary")).to_contain_text('{"to": "Eve"}')
    call.locator("summary").click()
    expect(call).to_contain_text("You changed the arguments of this call.")
    axe(page, "the call was edited")


def test_a_call_is_answered_without_scripts_and_enter_in_a_field_decides_nothing(
    open_tab: Callable[..., Page], stack: Stack, person: Person
) -> None:
    page = open_tab()
    card = open_card(page, stack, person)
    card.get_by_label("Reason, if you don't allow it").press("Enter")
    page.wait_for_timeout(300)
    expect(card.get_by_role("button", name="Allow", exact=True)).to_be_visible()
    plain = open_tab(page.url, java_script_enabled=False)
    card = plain.get_by_role("region", name="Allow “send_mail” to run?")
    card.locator("summary", has_text="Answer instead").click()
    card.get_by_label("Your answer, in place of the tool's result").fill("I have written to her.")
    card.get_by_role("button", name="Send answer").click()
    expect(plain.locator("article.from-model")).to_contain_text("You answered this call yourself.")
    settled(page)
    call = page.locator("article.from-model details.tool")
    call.locator("summary").click()
    expect(call).to_contain_text("I have written to her.")


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_a_call_is_rejected_by_keys_alone_and_the_reply_goes_on(
    open_tab: Callable[..., Page], axe: Callable[[Page, str], None], stack: Stack, person: Person, phone: bool
) -> None:
    page = open_tab(phone=phone)
    card = open_card(page, stack, person)
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
