"""`make shots`: drive the real system through every page and state, and save pictures for people to look at.

They go into `shots/` (which git ignores), at 1440 and 390 pixels, light and dark. Every later page joins `walk`.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal
from uuid import uuid4

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import ARGUMENTS, CHROMIUM, PHONE, WIDE, run_in_shell, send, settled
from tests.browser.test_subruns import BEGIN
from tests.browser.test_waiting import open_card
from tests.load.people import CSRF, Person, load, make_people
from tests.load.stack import ROOT, Stack, running_stack

FOLDER = ROOT / "shots"
TITLES = (
    "Comparing database indexes", "Letter to the housing office", "Kubernetes probes, once and for all",
    "Menu for eleven people, two of them vegan", "Regex for ISO 8601 durations", "量子コンピュータの入門",
    "A title that somebody wrote without thinking of the width of a sidebar at all", "Names for a small grey cat",
)  # fmt: skip
DIAGRAM = "flowchart LR\n  Browser --> Web --> Generator --> Postgres --> Backup --> Vault"
LONG_LINE = "def function(" + ", ".join(f"argument_{number}" for number in range(20)) + "): pass"


def talk(page: Page, shot: Callable[[str], None]) -> None:
    """Have replies of several kinds."""
    send(page, "[[markdown]] Which index should I use to search chat messages?")
    settled(page)
    page.evaluate("() => document.getElementById('scroll').scrollTo(0, 0)")
    shot("conversation")
    send(page, "[[reasoning]] " + "longwordwithoutanybreak" * 8)
    settled(page)
    shot("reasoning-and-long-words")
    send(page, "[[error:429]] And again?")
    settled(page, "failed")
    shot("error")
    send(page, "[[empty]] Nothing at all?")
    page.get_by_role("button", name="Try again").wait_for()
    shot("empty-reply")


def queue(page: Page, shot: Callable[[str], None]) -> None:
    """Have two messages wait for the reply, and take them out again."""
    for text in ("And then a summary, in three sentences at most, of all that was said before.", "شكرا جزيلا لك"):
        send(page, text)
    page.locator("#waiting .waiting-card").nth(1).wait_for()
    shot("queued")
    for _ in range(2):
        page.get_by_role("button", name="Remove queued message").last.click()
        page.wait_for_timeout(300)


def walk(page: Page, shot: Callable[[str], None], *, phone: bool) -> None:
    """Go through the states of a signed-in person's pages."""
    page.goto("/c/new")
    shot("new")
    page.locator("#model-button").click()
    page.wait_for_timeout(500)  # what it says of each model comes then
    shot("model-menu")
    page.keyboard.press("Escape")
    page.locator("#text").press_sequentially("@")
    page.wait_for_timeout(500)
    shot("models-at-the-caret")
    page.locator("#text").fill("")
    if phone:
        page.locator("[data-do=open-sidebar]").click()
        shot("sidebar")
        page.keyboard.press("Escape")
    talk(page, shot)
    send(page, "[[tokens:900 delay=20]] A longer answer, please.")
    page.wait_for_function("() => document.getElementById('messages').innerText.includes('wizards quietly')")
    page.wait_for_timeout(1500)
    shot("streaming")
    queue(page, shot)
    page.get_by_role("button", name="Stop").click()
    settled(page, "stopped")
    shot("stopped")
    page.locator(".gauge button").click()
    shot("context-usage")
    page.keyboard.press("Escape")
    if phone:
        page.get_by_role("button", name="Actions for this chat").click()
        page.locator("#chat-menu").get_by_role("link", name="Parameters").click()
    else:
        page.locator("#parameters-button").click()
    page.locator(".more-parameters summary").click()
    page.locator("#parameter-reasoning_summary").select_option("auto")
    page.wait_for_timeout(1000)
    shot("parameters")
    page.keyboard.press("Escape")
    walk_dialogs(page, shot)


def walk_lately(page: Page, shot: Callable[[str], None], *, phone: bool) -> None:
    """Show a large diagram, wrapped code, chosen chats, and what is said where there is no network."""
    page.goto("/c/new")
    send(page, f"[[echo]] ```mermaid\n{DIAGRAM}\n```\n\n```python\n{LONG_LINE}\n```")
    settled(page)
    pre = page.locator(".code[data-lang=python] pre").last
    (pre.tap if phone else pre.hover)()
    page.locator(".code[data-lang=python] .wrap").last.click()
    shot("wrapped-code")
    page.get_by_role("button", name="Enlarge").click()
    page.locator(".stage iframe").content_frame.locator("svg").wait_for()
    shot("large-diagram")
    page.keyboard.press("Escape")
    if phone:
        page.locator("[data-do=open-sidebar]").click()
    page.get_by_role("button", name="Select chats").click()
    page.locator(".pick").first.check()
    shot("chosen-chats")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.context.set_offline(True)
    page.locator(".no-connection").wait_for()
    shot("offline")
    page.context.set_offline(False)
    page.locator(".no-connection").wait_for(state="hidden")


def walk_waiting(page: Page, shot: Callable[[str], None], stack: Stack, person: Person) -> None:
    """Show what a reply asks that waits for its person, and what becomes of it."""
    page.goto("/c/new")
    card = open_card(page, stack, person, ("Bench", "bench-model"))
    shot("approval")
    for summary in card.locator("summary").all():
        summary.click()
    card.get_by_label("Arguments, as JSON").fill('{"to": ')
    card.get_by_role("button", name="Allow with changes").click()
    page.wait_for_timeout(300)
    shot("approval-with-an-error")
    card.get_by_label("Arguments, as JSON").fill('{"to": "Eve"}')
    card.get_by_role("button", name="Allow with changes").click()
    settled(page)
    page.locator("article.from-model details.tool summary").click()
    shot("approved-with-changes")


def walk_subruns(page: Page, shot: Callable[[str], None], stack: Stack, person: Person) -> None:
    """Show the card of a subrun, open."""
    chat, run, subrun = (str(uuid4()) for _ in range(3))
    run_in_shell(stack, BEGIN.format(email=person.email, chat=chat, run=run, subrun=subrun))
    page.goto(f"/c/{chat}")
    card = page.locator("details.tool", has_text="Research")
    card.locator("summary").click()
    card.get_by_text("Stored words.").wait_for()
    shot("subrun")


def walk_dialogs(page: Page, shot: Callable[[str], None]) -> None:
    """Go on from a chat to what is done with it, and to the pages beside it."""
    page.get_by_role("button", name="Actions for this chat").click()
    shot("chat-menu")
    page.locator("#chat-menu").get_by_text("Rename").click()
    page.locator("#dialog input[name=title]").fill(" ")
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    shot("rename-with-an-error")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Actions for this chat").click()
    page.locator("#chat-menu").get_by_text("Delete").click()
    page.wait_for_timeout(300)
    shot("delete")
    page.goto("/settings/data")
    page.get_by_role("link", name="Delete all chats…").click()
    page.wait_for_timeout(300)
    shot("delete-all")
    page.goto("/settings/keys")
    shot("keys")
    page.goto("/settings")
    page.get_by_role("button", name="Large").click()
    shot("large-letters")
    page.get_by_role("button", name="Standard").click()
    page.goto("/search?q=index&sort=best")
    shot("search")
    page.goto("/nothing-here")
    shot("not-found")


def walk_outside(page: Page, shot: Callable[[str], None]) -> None:
    """Go through the pages for anybody."""
    for path in ("login", "register"):
        page.goto(f"/{path}")
        shot(path)
    page.fill("input[name=name]", "Ursula")
    page.fill("input[name=email]", "ursula@example.org")
    page.fill("input[name=password1]", "password")
    page.locator("form button[type=submit]").first.click()
    page.wait_for_timeout(300)
    shot("register-with-an-error")


def furnish(stack: Stack, person: Person, folder: Path) -> None:
    """Give the person a sidebar to look at."""
    rows = [
        {"title": TITLES[number % len(TITLES)], "created": 1_790_000_000 - number * 200_000, "messages": []}
        for number in range(40)
    ]
    file = folder / f"{person.email}.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows))
    load(stack, file, person.email)


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    with running_stack() as stack, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
        looks = [(phone, scheme) for phone in (False, True) for scheme in schemes]
        for (phone, scheme), person in zip(looks, make_people(stack, 4), strict=True):
            furnish(stack, person, stack.folder)
            context = chromium.new_context(
                base_url=stack.base, viewport=PHONE if phone else WIDE, has_touch=phone, is_mobile=phone,
                color_scheme=scheme, reduced_motion="reduce",
            )  # fmt: skip
            page = context.new_page()

            def shot(name: str, page: Page = page, look: str = f"{'390' if phone else '1440'}-{scheme}") -> None:
                page.wait_for_timeout(150)
                page.screenshot(path=FOLDER / f"{name}-{look}.png")

            walk_outside(page, shot)
            context.add_cookies(
                [
                    {"name": "sessionid", "value": person.session, "url": stack.base},
                    {"name": "csrftoken", "value": CSRF, "url": stack.base},
                ]
            )
            walk(page, shot, phone=phone)
            walk_lately(page, shot, phone=phone)
            walk_waiting(page, shot, stack, person)
            walk_subruns(page, shot, stack, person)
            context.close()
        chromium.close()
    print(f"{len(list(FOLDER.iterdir()))} pictures in {FOLDER}")


if __name__ == "__main__":
    main()
