"""A reply is read once, whole and in order, whatever happens to the connection it comes through."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import redis
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from tests.browser.conftest import send, settled
from tests.load.stack import Stack

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
Frame = str | bytes
NUMBERED = [f"n{number:03}" for number in range(160)]


def numbered(delay: int = 15) -> str:
    return f"[[echo delay={delay}]] {' '.join(NUMBERED)}"


def words(page: Page) -> list[str]:
    """Return the numbers that the last reply shows."""
    return re.findall(r"n\d{3}", page.locator("article.from-model .parts").last.inner_text())


class Line:
    """The websocket of a page, which the test may cut or silence."""

    def __init__(self, page: Page) -> None:
        self.opened = 0
        self.answers = 0
        self.heard: list[dict[str, Any]] = []  # from the page
        self.lost: Callable[[str], bool] = lambda frame: False
        self.cut_after = 0  # frames; 0: never
        self._route: WebSocketRoute | None = None
        page.route_web_socket("**/ws", self._connect)
        page.reload()

    def _connect(self, route: WebSocketRoute) -> None:
        self.opened += 1
        self._route = route
        server = route.connect_to_server()
        count = 0

        def from_server(frame: Frame) -> None:
            nonlocal count
            count += 1
            if self.lost(str(frame)):
                return
            self.answers += '["pong"]' in str(frame)
            route.send(frame)
            if self.cut_after and count >= self.cut_after:
                route.close(code=1011)
                server.close()

        def from_page(frame: Frame) -> None:
            self.heard.append(json.loads(frame))
            server.send(frame)

        server.on_message(from_server)
        route.on_message(from_page)

    def tell(self, *message: Any) -> None:
        assert self._route is not None
        self._route.send(json.dumps(message))


def foreground(page: Page) -> None:
    """Do what a browser does when its tab comes back to the front."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


@pytest.mark.parametrize("phone", [False, True])
def test_160_chunks_come_once_and_in_order_through_many_cuts(open_tab: Open, phone: bool) -> None:
    tab = open_tab(phone=phone)
    line = Line(tab)
    line.cut_after = 12
    send(tab, numbered())
    settled(tab)
    assert line.opened > 2
    assert words(tab) == NUMBERED
    tab.reload()
    assert words(tab) == NUMBERED


@pytest.mark.parametrize("turns", [1, 2])
def test_a_lost_end_is_noticed_when_the_tab_comes_back_to_the_front(tab: Page, turns: int) -> None:
    line = Line(tab)
    for _ in range(turns - 1):
        send(tab, "[[tokens:3]]")
        settled(tab)
    over: list[str] = []

    def swallow_the_end(frame: str) -> bool:
        if '["d",' in frame:
            over.append(frame)
        return bool(over) and line.opened == 1

    line.lost = swallow_the_end
    send(tab, numbered(delay=1))
    tab.wait_for_url("**/c/*-*")
    address = tab.url
    while not over:
        tab.wait_for_timeout(50)
    expect(tab.locator("article[data-run]")).to_have_count(1)
    foreground(tab)
    settled(tab)
    assert words(tab) == NUMBERED
    assert tab.url == address
    expect(tab.locator(".send")).to_be_visible()


def test_coming_to_the_front_in_mid_reply_repeats_nothing(tab: Page) -> None:
    send(tab, numbered())
    expect(tab.locator("article.from-model .parts")).to_contain_text("n020")
    for _ in range(5):
        foreground(tab)
    settled(tab)
    assert words(tab) == NUMBERED


def test_a_laptop_that_slept_for_minutes_shows_the_whole_reply(tab: Page, stack: Stack) -> None:
    line = Line(tab)
    send(tab, numbered(delay=5))
    expect(tab.locator("article.from-model .parts")).to_contain_text("n005")
    run = tab.locator("article[data-run]").get_attribute("data-run")
    line.lost = lambda frame: line.opened == 1  # the socket looks open, and nobody is there
    other = tab.context.new_page()
    other.goto(tab.url)
    settled(other)
    # Minutes later the log has expired, too.
    assert redis.Redis.from_url(stack.runtime()["REDIS_URL"]).delete(f"parley:log:{run}") == 1
    foreground(tab)
    settled(tab)
    assert words(tab) == NUMBERED


def test_going_away_and_back_in_mid_reply_loses_nothing(tab: Page) -> None:
    send(tab, "[[tokens:2]]")
    settled(tab)
    address = tab.url
    send(tab, numbered())
    expect(tab.locator("article.from-model .parts").last).to_contain_text("n010")
    tab.locator("#sidebar .primary-nav a").first.click()
    expect(tab.locator(".greeting")).to_be_visible()
    tab.go_back()
    tab.wait_for_url(address)
    expect(tab.locator("article.from-model .parts").last).to_contain_text("n030")
    tab.go_forward()
    expect(tab.locator(".greeting")).to_be_visible()
    tab.go_back()
    settled(tab)
    assert words(tab) == NUMBERED


def test_no_proxy_finds_the_socket_idle_for_half_a_minute(open_tab: Open) -> None:
    tab = open_tab()
    tab.clock.install()
    line = Line(tab)
    expect(tab.locator("#text")).to_be_visible()
    for first in (True, False, False, False):
        line.heard.clear()
        line.answers = 0
        tab.clock.run_for(20_500 if first else 20_000)
        while not line.answers:
            tab.wait_for_timeout(20)
        tab.wait_for_timeout(300)  # the page has to hear it, too, before its clock goes on
        assert {"ping": 1} in line.heard
    assert line.opened == 1


def test_a_run_that_is_gone_is_read_again_even_when_the_first_read_fails(tab: Page) -> None:
    line = Line(tab)
    send(tab, "[[gate:away]]")
    run = tab.locator("article[data-run]").get_attribute("data-run")
    failed: list[str] = []

    def fail_once(route: Route) -> None:
        if failed:
            route.continue_()
        else:
            failed.append(route.request.url)
            route.abort()

    tab.route("**/messages", fail_once)
    line.lost = lambda frame: line.opened == 1
    with tab.expect_response("**/messages") as read:
        line.tell("gone", run)
    assert failed
    assert read.value.status == 200
    tab.locator(".stop").click()


def test_a_regenerated_reply_gives_way_before_the_server_has_answered(tab: Page) -> None:
    for text in ("[[echo]] the first reply", "[[echo]] a later one"):
        send(tab, text)
        settled(tab)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    tab.route("**/regenerate", hold)
    first = tab.locator("article.from-model").first
    first.hover()
    first.get_by_role("button", name="Regenerate").click()
    expect(first.locator(".parts > *").first).to_be_hidden()
    expect(tab.get_by_text("a later one").last).to_be_hidden()
    held.pop().fulfill(status=409, body="<div>No</div>", headers={"HX-Retarget": "#toasts", "HX-Reswap": "beforeend"})
    expect(first).to_contain_text("the first reply")
    expect(tab.locator("article.from-model")).to_have_count(2)
    expect(tab.locator("article.from-model").last).to_be_visible()


def test_a_reply_that_ends_while_its_messages_are_read_anew_is_whole(tab: Page) -> None:
    line = Line(tab)
    send(tab, numbered(delay=25))
    expect(tab.locator("article.from-model .parts")).to_contain_text("n010")
    line.lost = lambda frame: '["reset"' in frame or '["p"' in frame or '["n"' in frame  # only its end is heard
    tab.evaluate("() => htmx.ajax('GET', location.pathname + '/messages', { target: '#messages', swap: 'innerHTML' })")
    settled(tab)
    expect(tab.locator("article.from-model .parts")).to_contain_text("n159")
    assert words(tab) == NUMBERED
