"""What all scripts share, `static/js/lib`: each function on a page of its own, in the browser, without a server."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "static" / "js" / "lib"
ORIGIN = "http://parley.test"
HTML = """<!doctype html><html><body>
<div id="words" data-copied="Copied" data-title-needed="Enter a title."></div>
<main id="main" data-conversation="c1"></main>
<form><input type="hidden" name="csrfmiddlewaretoken" value="the-token"></form>
<div id="live"></div><div id="toasts"></div>
<template id="toast"><div class="toast bad" data-toast><svg><use href="#i-warning"/></svg><span></span></div></template>
</body></html>"""
Run = Callable[..., Any]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that holds what the library looks for, and the sources beside it."""
    context = browser.new_context()
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        if path.startswith("/lib/"):
            route.fulfill(path=LIBRARY / path.removeprefix("/lib/"), content_type="text/javascript")
        else:
            route.fulfill(body=HTML, content_type="text/html")

    page.route(f"{ORIGIN}/**", answer)
    page.goto(f"{ORIGIN}/c/1")
    yield page
    context.close()
    assert faults == []


@pytest.fixture
def run(page: Page) -> Run:
    """Return a function that runs a body with what a module exports at hand, as `lib`, and an argument, as `given`."""

    def run_with(module: str, body: str, given: Any = None) -> Any:
        code = f"async (given) => {{ const lib = await import('/lib/{module}.js'); {body} }}"
        return page.evaluate(code, given)

    return run_with


# --- bus and events ---


def test_what_is_told_is_heard_with_its_detail(run: Run) -> None:
    heard = run(
        "bus",
        """const heard = [];
        lib.hear("parley:x", (detail, event) => heard.push([detail, event.type]));
        lib.tell("parley:y", 1);
        lib.tell("parley:x", { a: 1 });
        lib.tell("parley:x");
        return heard;""",
    )
    assert heard == [[{"a": 1}, "parley:x"], [None, "parley:x"]]


def test_a_hearer_can_stop_what_it_hears_of(run: Run) -> None:
    stopped = run(
        "bus",
        """lib.hear("x", (_, event) => event.preventDefault());
        return !document.dispatchEvent(new CustomEvent("x", { cancelable: true }));""",
    )
    assert stopped is True


def test_every_event_has_one_name_and_no_name_stands_elsewhere(run: Run) -> None:
    ours, theirs = run("events", "return [Object.values(lib.events), Object.values(lib.htmxEvents)];")
    assert len(ours) == len(set(ours))
    assert all(re.fullmatch(r"parley:[a-z-]+", name) for name in ours)
    assert all(re.fullmatch(r"htmx:[a-z:]+", name) for name in theirs)
    scripts = [path for path in (ROOT / "static/js").rglob("*.js") if path.name != "events.js"]
    loose = [path.name for path in scripts if re.search(r"[\"'`](?:parley|htmx):", path.read_text())]
    assert loose == []
    templates = "".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))
    assert set(re.findall(r"parley:[a-z-]+", templates)) <= set(ours)


# --- cookies ---


def test_a_cookie_is_read_as_it_was_written_and_forgotten_when_empty(run: Run, page: Page) -> None:
    values = run(
        "cookies",
        """lib.setCookie("pick", "a=b; c&ü");
        lib.setCookie("pick2", 7);
        const kept = [lib.getCookie("pick"), lib.getCookie("pick2"), lib.getCookie("ick"), lib.getCookie("none")];
        lib.setCookie("pick", "");
        lib.setCookie("pick2", undefined);
        return [kept, lib.getCookie("pick"), document.cookie];""",
    )
    assert values == [["a=b; c&ü", "7", "", ""], "", ""]


def test_a_cookie_is_for_the_whole_site_and_a_year(run: Run, page: Page) -> None:
    run("cookies", "lib.setCookie('theme', 'dark'); lib.setTimeZone();")
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    theme = cookies["theme"]
    assert (theme["value"], theme["path"], theme["sameSite"]) == ("dark", "/", "Lax")
    now = page.evaluate("Date.now() / 1000")
    assert 364 * 86_400 < theme["expires"] - now < 366 * 86_400
    zone = page.evaluate("encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC')")
    assert cookies["tz"]["value"] == zone


# --- csrf ---


@pytest.mark.parametrize(("status", "done"), [(200, True), (204, True), (403, False), (500, False)])
def test_a_form_that_is_posted_carries_the_token(run: Run, page: Page, status: int, done: bool) -> None:
    sent: list[tuple[str, str | None, str]] = []

    def answer(route: Route) -> None:
        request = route.request
        sent.append((request.method, request.post_data, request.headers["hx-request"]))
        route.fulfill(status=status)

    page.route(f"{ORIGIN}/order", answer)
    assert run("csrf", "return lib.csrfToken()") == "the-token"
    assert run("csrf", "return lib.post('/order', [['ids', '1'], ['ids', 'ä']]);") is done
    assert sent == [("POST", "csrfmiddlewaretoken=the-token&ids=1&ids=%C3%A4", "true")]


def test_a_form_that_reaches_nobody_is_not_done(run: Run, page: Page) -> None:
    page.route(f"{ORIGIN}/order", lambda route: route.abort())
    assert run("csrf", "return lib.post('/order', []);") is False
    assert run("csrf", "return lib.send('/order', []);") is None


def test_what_a_form_is_answered_can_be_read(run: Run, page: Page) -> None:
    page.route(f"{ORIGIN}/order", lambda route: route.fulfill(status=409, body="No."))
    assert run("csrf", "const a = await lib.send('/order', []); return [a.status, await a.text()];") == [409, "No."]


# --- dom ---


def test_the_page_is_asked_anew_each_time(run: Run) -> None:
    result = run(
        "dom",
        """const before = [lib.byId("main").tagName, lib.byId("none"), lib.conversation(), lib.isOnView("c1")];
        lib.main().outerHTML = '<main id="main" data-conversation="c2"></main>';
        return [before, lib.conversation(), lib.isOnView("c1"), lib.main() === lib.byId("main")];""",
    )
    assert result == [["MAIN", None, "c1", True], "c2", False, True]


def test_what_covers_the_page(run: Run) -> None:
    result = run(
        "dom",
        """const states = [lib.isCovered()];
        document.body.insertAdjacentHTML("beforeend", "<dialog></dialog><div popover></div>");
        const [dialog, popover] = ["dialog", "[popover]"].map((selector) => document.querySelector(selector));
        states.push(lib.isCovered());
        dialog.showModal();
        states.push(lib.isCovered());
        dialog.close();
        popover.showPopover();
        states.push(lib.isCovered());
        return states;""",
    )
    assert result == [False, False, True, True]


@pytest.mark.parametrize(
    ("keys", "elsewhere"),
    [({}, False), ({"altKey": True}, False), ({"ctrlKey": True}, True), ({"metaKey": True}, True),
     ({"shiftKey": True}, True)],
)  # fmt: skip
def test_a_click_that_opens_another_tab(run: Run, keys: dict[str, bool], elsewhere: bool) -> None:
    assert run("dom", "return lib.opensElsewhere(new MouseEvent('click', given));", keys) is elsewhere


def test_the_target_of_a_request_is_an_element_or_its_selector(run: Run) -> None:
    result = run(
        "dom",
        """const main = lib.byId("main");
        return [{ target: "#main" }, { target: main }].map((ctx) => lib.targetOf(ctx) === main)
            .concat(lib.targetOf({ target: "#none" }) === null);""",
    )
    assert result == [True, True, True]


def test_a_button_does_what_it_is_for_and_sends_no_form(run: Run) -> None:
    result = run(
        "dom",
        """let acted = [];
        const button = lib.makeButton("Undo <b>", "button quiet", (it) => acted.push(it === button));
        document.querySelector("form").append(button);
        button.click();
        return [button.type, button.className, button.textContent, acted, location.search];""",
    )
    assert result == ["button", "button quiet", "Undo <b>", [True], ""]


def test_what_is_said_is_in_the_live_region(run: Run, page: Page) -> None:
    run("dom", "lib.say('Reply <i>finished</i>.');")
    assert page.locator("#live").inner_text() == "Reply <i>finished</i>."


# --- store ---


@pytest.mark.parametrize("area", ["local", "session"])
def test_what_is_written_is_read_and_taken_out_when_empty(run: Run, page: Page, area: str) -> None:
    result = run(
        "store",
        """lib.writeText(given, "draft:c1", "Hello");
        lib.writeJson(given, "waiting:c1", ["a", { b: 1 }]);
        lib.writeJson(given, "empty", {});
        const kept = [lib.readText(given, "draft:c1"), lib.readJson(given, "waiting:c1"), lib.readJson(given, "empty")];
        lib.writeText(given, "draft:c1", "");
        lib.writeJson(given, "waiting:c1", []);
        lib.writeJson(given, "empty", null);
        const after = ["draft:c1", "waiting:c1"].map((name) => lib.readText(given, name));
        return [kept, after, lib.readJson(given, "empty"), localStorage.length + sessionStorage.length];""",
        area,
    )
    assert result == [["Hello", ["a", {"b": 1}], {}], [None, None], None, 0]
    run("store", "lib.writeText(given, 'x', '1')", area)
    assert page.evaluate("area => window[area + 'Storage'].getItem('x')", area) == "1"


def test_what_cannot_be_read_is_nothing(run: Run) -> None:
    assert run("store", "localStorage.setItem('x', '{'); return lib.readJson('local', 'x');") is None


def test_full_or_forbidden_storage_disturbs_nobody(run: Run) -> None:
    result = run(
        "store",
        """const refuse = { get() { throw new DOMException("no", "SecurityError"); } };
        Object.defineProperty(window, "localStorage", refuse);
        Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
        lib.writeText("local", "x", "1");
        lib.writeJson("session", "y", [1]);
        return [lib.readText("local", "x"), lib.readJson("local", "x"), lib.readJson("session", "y")];""",
    )
    assert result == [None, None, None]


def test_what_is_kept_of_a_chat_has_its_name(run: Run) -> None:
    result = run(
        "store",
        """const before = lib.keyOfChat("draft");
        delete document.getElementById("main").dataset.conversation;
        return [before, lib.keyOfChat("draft")];""",
    )
    assert result == ["draft:c1", "draft:new"]


# --- toasts and words ---


def test_a_toast_has_its_kind_and_offers_a_button_once(run: Run, page: Page) -> None:
    run(
        "toast",
        """window.undone = 0;
        lib.toast("It <b>failed</b>.");
        lib.toast("Done.", "good", { label: "Undo", act: () => { window.undone += 1; } });""",
    )
    toasts = page.locator("#toasts > .toast")
    assert toasts.nth(0).inner_text() == "It <b>failed</b>."
    icons = "all => all.map(element => [element.className, element.querySelector('use').getAttribute('href')])"
    assert toasts.evaluate_all(icons) == [["toast bad", "#i-warning"], ["toast good", "#i-check"]]
    toasts.nth(1).get_by_role("button", name="Undo").click()
    assert page.evaluate("window.undone") == 1
    assert toasts.count() == 1


def test_toasts_go_by_themselves_unless_they_stay_or_are_read(run: Run, page: Page) -> None:
    page.clock.install()
    run(
        "toast",
        """lib.toast("good", "good");
        lib.toast("bad");
        lib.toast("offer", "good", { label: "Undo", act() {} });
        const { tell } = await import("/lib/bus.js");
        tell("parley:toast", { message: "stays", kind: "bad", stays: true, id: "away" });""",
    )
    toasts = page.locator("#toasts > .toast span")

    def left_after(seconds: int) -> list[str]:
        page.clock.run_for(seconds * 1000)
        return toasts.all_inner_texts()

    assert left_after(4) == ["good", "bad", "offer", "stays"]
    assert left_after(2) == ["bad", "offer", "stays"]
    assert left_after(7) == ["offer", "stays"]
    page.get_by_role("button", name="Undo").focus()
    assert left_after(60) == ["offer", "stays"]
    page.evaluate("document.activeElement.blur()")
    assert left_after(4) == ["stays"]


def test_a_toast_that_the_server_sent_goes_as_well(run: Run, page: Page) -> None:
    page.clock.install()
    page.evaluate("document.getElementById('toasts').innerHTML = '<div class=\"toast good\">Saved.</div>'")
    run("toast", "lib.fadeLater(document.querySelector('#toasts > .toast'));")
    page.clock.run_for(4000)
    assert page.locator(".toast").count() == 1
    page.clock.run_for(2000)
    assert page.locator(".toast").count() == 0


def test_a_toast_with_a_name_is_shown_once(run: Run, page: Page) -> None:
    run(
        "bus",
        """await import("/lib/toast.js");
        for (const message of ["one", "two"]) lib.tell("parley:toast", { message, id: "away" });
        lib.tell("parley:toast", { message: "three" });""",
    )
    assert page.locator("#toasts > .toast").all_inner_texts() == ["one", "three"]
    assert page.locator("#away").get_attribute("class") == "toast bad"


def test_words_are_those_of_the_page(run: Run) -> None:
    assert run("words", "return [lib.words.copied, lib.words.titleNeeded, lib.words.none];") == [
        "Copied", "Enter a title.", None,
    ]  # fmt: skip


def test_every_function_of_the_library_is_tried_here(run: Run) -> None:
    tried = Path(__file__).read_text()
    for module in LIBRARY.glob("*.js"):
        names = run(module.stem, "return Object.keys(lib);")
        assert names, module.stem
        assert [name for name in names if f"lib.{name}" not in tried] == [], module.stem
