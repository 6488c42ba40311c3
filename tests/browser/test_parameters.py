"""The panel of parameters in a real browser: by keyboard, at both widths, and what of it reaches the model."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import send, settled

pytestmark = pytest.mark.browser
Check = Callable[[Page, str], None]


def open_panel(page: Page) -> None:
    page.get_by_role("link", name="Parameters").click()
    expect(page.get_by_role("dialog", name="Parameters")).to_be_visible()
    if not page.locator(".more-parameters").get_attribute("open"):
        page.locator(".more-parameters").evaluate("element => { element.open = true }")


def saved(page: Page) -> None:
    expect(page.locator("#parameters-state")).to_contain_text("Saved")


def test_what_is_set_before_the_first_message_goes_with_it_and_stays(tab: Page, axe: Check) -> None:
    open_panel(tab)
    axe(tab, "the panel")
    tab.get_by_label("Custom name").fill("Ada")
    tab.get_by_label("Temperature", exact=True).and_(tab.locator("[type=number]")).fill("0.3")
    saved(tab)
    assert tab.locator("#parameters [data-for=parameter-temperature]").input_value() == "0.3"
    tab.keyboard.press("Escape")
    expect(tab.locator("#parameters-button")).to_be_focused()
    send(tab, "Hello")
    settled(tab)
    expect(tab.locator("article.from-model h2")).to_have_text("Ada")
    tab.reload()
    open_panel(tab)
    expect(tab.locator("#parameter-temperature")).to_have_value("0.3")
    tab.locator("#parameters").get_by_role("button", name="Reset").click()
    expect(tab.locator("#parameter-temperature")).to_have_value("")
    saved(tab)


def test_a_slider_and_its_number_say_the_same(tab: Page) -> None:
    open_panel(tab)
    slider, number = tab.locator("[data-for=parameter-top_p]"), tab.locator("#parameter-top_p")
    expect(slider).to_have_value("1")
    expect(number).to_have_value("")
    slider.focus()
    tab.keyboard.press("ArrowLeft")
    expect(number).to_have_value("0.99")
    saved(tab)
    number.fill("")
    expect(slider).to_have_value("1")
    expect(tab.locator("#composer-settings")).to_have_value("{}")


def test_what_was_typed_last_is_kept_although_the_panel_is_closed_at_once(tab: Page) -> None:
    open_panel(tab)
    tab.locator("#parameter-promptPrefix").fill("Be kind.")
    tab.keyboard.press("Escape")
    expect(tab.locator("#composer-settings")).to_have_value('{"promptPrefix": "Be kind."}')
    open_panel(tab)
    expect(tab.locator("#parameter-promptPrefix")).to_have_value("Be kind.")
    tab.locator("#parameter-max_tokens").fill("70")
    tab.locator("#parameters").get_by_role("link", name="Close").click()
    expect(tab.locator("#composer-settings")).to_have_value('{"promptPrefix": "Be kind.", "max_tokens": 70}')


def test_faults_and_what_a_model_cannot_take_are_said_beside_the_control(
    open_tab: Callable[..., Page], axe: Check
) -> None:
    tab = open_tab(phone=True, color_scheme="dark")
    open_panel(tab)
    tab.locator("#parameter-temperature").fill("7")
    tab.locator("#parameter-reasoning_summary").select_option("auto")
    expect(tab.locator("#parameter-temperature-note")).to_contain_text("from 0 to 2")
    expect(tab.locator("#parameter-reasoning_summary-note")).to_contain_text("Only available with the Responses API")
    expect(tab.locator("#parameters-state")).to_contain_text("1 value is not saved")
    axe(tab, "the panel with a fault, on a phone")
    tab.locator("#parameter-temperature").fill("1")
    tab.keyboard.press("Enter")
    saved(tab)
    expect(tab.locator("#parameter-temperature-note")).to_be_empty()
    assert tab.url.endswith("/c/new")


def test_the_gauge_fills_after_the_first_reply_and_tells_more_when_asked(tab: Page, axe: Check) -> None:
    expect(tab.get_by_role("meter")).to_have_count(0)
    send(tab, "[[tokens:300]] Tell me something long")
    settled(tab)
    meter = tab.get_by_role("meter", name="Context window used")
    expect(meter).to_have_attribute("aria-valuemax", "40960")
    assert int(meter.get_attribute("aria-valuenow") or 0) > 300
    tab.get_by_role("button", name="Context usage").click()
    expect(tab.get_by_role("region", name="Context usage")).to_contain_text("Window")
    axe(tab, "the gauge")
