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


FORMULAS = r"""
$$\begin{aligned} f(x) &= (x+1)^2 \\ &= x^2+2x+1 \end{aligned}$$

$$\left(\frac{\frac{a}{b}}{\frac{c}{d}}\right)$$

$$\begin{array}{l|r} aaa & b \\ \hline c & ddd \end{array}$$

$$\textcolor{red}{x} + \boxed{y} \xrightarrow{\text{a long label}} \boldsymbol{v}$$
"""
# The edges of all elements of a kind, rounded.
EDGES = """(name) => [...document.querySelectorAll(`.from-model math ${name}`)].map(element => {
    const {left, right, top, bottom} = element.getBoundingClientRect();
    return {text: element.textContent, left: Math.round(left), right: Math.round(right), width: right - left,
        height: bottom - top, color: getComputedStyle(element).color};
})"""


def test_formulas_look_as_tex_sets_them(tab: Page, axe: Check) -> None:
    """The fixture hears of every style that the page's policy refuses."""
    send(tab, f"[[echo]] {FORMULAS}")
    settled(tab)
    expect(tab.locator(".from-model math")).to_have_count(4)
    tab.evaluate("() => document.fonts.ready")
    operators = tab.evaluate(EDGES, "mo")
    equals = [operator for operator in operators if operator["text"] == "="]
    assert len({operator["left"] for operator in equals}) == 1, "lines are aligned at their signs"
    brackets = [operator for operator in operators if operator["text"] in "()" and operator["height"] > 40]
    assert len(brackets) == 2, "brackets grow with what they hold"
    cells = [cell for cell in tab.evaluate(EDGES, "mtd") if cell["text"] in {"aaa", "b", "c", "ddd"}]
    letters = {letter["text"]: letter for letter in tab.evaluate(EDGES, "mtd > *")}
    assert letters["aaa"]["left"] == letters["c"]["left"], "the first column is aligned to the left"
    assert letters["b"]["right"] == letters["ddd"]["right"], "the second one to the right"
    assert len(cells) == 4
    borders = tab.locator(".from-model .tml-br-solid").first.evaluate(
        "element => getComputedStyle(element).borderRightStyle"
    )
    assert borders == "solid"
    assert next(
        element for element in tab.evaluate(EDGES, "mi") if element["text"] == "x" and "255" in element["color"]
    )
    axe(tab, "formulas")


def test_fonts_for_formulas_are_loaded_only_where_there_is_one(tab: Page) -> None:
    loaded: list[str] = []
    tab.on("response", lambda response: loaded.append(response.url) if ".woff2" in response.url else None)
    send(tab, "[[echo]] Nothing to calculate.")
    settled(tab)
    assert loaded == []
    send(tab, "[[echo]] Here $a^2 + \\frac{b}{c}$ is.")
    settled(tab)
    tab.evaluate("() => document.fonts.ready")
    assert ["common" in url for url in loaded] == [True]
