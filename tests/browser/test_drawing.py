"""Diagrams, formulas and new words, as they look in a real browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import send, settled

pytestmark = pytest.mark.browser
Check = Callable[[Page, str], None]
DIAGRAM = "```mermaid\ngraph TD\n  A[Question] --> B{Known?}\n  B -->|yes| C[Answer]\n```"
HOSTILE = """```mermaid
%%{init: {"securityLevel": "loose", "themeCSS": "*{background:url(https://evil.example/x)}"}}%%
graph TD
  A["<img src=x onerror=parent.__xss=1>"] --> B
  click A href "javascript:parent.__xss=2"
```"""


def test_a_block_of_mermaid_becomes_a_diagram_and_its_code_again(tab: Page, axe: Check) -> None:
    send(tab, f"[[echo]] {DIAGRAM}")
    settled(tab)
    block = tab.locator(".from-model .code")
    frame = tab.frame_locator(".from-model iframe.diagram")
    expect(frame.get_by_text("Known?")).to_be_visible()
    expect(block.locator("pre")).to_be_hidden()
    axe(tab, "diagram")
    block.get_by_role("button", name="Show the code").click()
    expect(block.locator("pre")).to_contain_text("graph TD")
    block.get_by_role("button", name="Show the diagram").click()
    expect(block.locator("pre")).to_be_hidden()
    tab.reload()
    tab.mouse.move(700, 300)
    expect(frame.get_by_text("Known?")).to_be_visible()


def test_what_is_no_diagram_stays_code_and_says_so(tab: Page) -> None:
    send(tab, "[[echo]] ```mermaid\nthis is no diagram\n```")
    settled(tab)
    expect(tab.locator(".no-diagram")).to_be_visible()
    expect(tab.locator(".from-model .code pre")).to_contain_text("this is no diagram")


def test_case_63_a_hostile_diagram_runs_and_loads_nothing(tab: Page) -> None:
    """The fixture refuses requests to other origins and hears of every script that runs."""
    send(tab, f"[[echo]] {HOSTILE}")
    settled(tab)
    frame = tab.locator("iframe.diagram")
    expect(frame.or_(tab.locator(".no-diagram")).first).to_be_visible()
    assert frame.count() == 0 or frame.get_attribute("sandbox") == "allow-scripts"
    tab.wait_for_timeout(500)


def test_formulas_are_shown_as_the_reader_prefers(tab: Page) -> None:
    send(tab, "[[echo]] Then $x_1 + 2$ holds.")
    settled(tab)
    formula, source = tab.locator(".from-model math"), tab.locator(".from-model code.source")
    expect(formula).to_be_visible()
    expect(source).to_be_hidden()
    tab.evaluate("document.body.dataset.plainTex = ''")
    expect(formula).to_be_hidden()
    expect(source).to_have_text("x_1 + 2")


def test_new_words_fade_in_while_they_come_and_leave_no_trace(tab: Page) -> None:
    tab.evaluate("""() => { window.fresh = 0; new MutationObserver(changes => {
        for (const change of changes) for (const node of change.addedNodes) window.fresh += node.className === 'fresh';
    }).observe(document.body, {childList: true, subtree: true}) }""")
    send(tab, "[[tokens:60 delay=40]] purr")
    settled(tab)
    assert tab.evaluate("window.fresh") > 3
    assert tab.locator(".fresh").count() == 0
