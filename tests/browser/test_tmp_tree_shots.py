from tests.browser.test_tree import *
import pytest
@pytest.mark.parametrize("scheme",["light","dark"])
@pytest.mark.parametrize("phone",[False,True])
def test_shots(open_tab, phone, scheme):
    page=open_tab(phone=phone,color_scheme=scheme)
    branched(page)
    page.get_by_role("button", name="Regenerate").first.click()
    settled(page)
    for i in range(2):
        send(page,f"[[tokens:6]] Another question {i}"); settled(page)
    d=open_map(page); page.wait_for_timeout(300)
    page.screenshot(path=f"/tmp/tree-map-{scheme}-{phone}.png")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Fork from here").last.click()
    expect(page.get_by_role("dialog", name="Fork from this message")).to_be_visible()
    page.screenshot(path=f"/tmp/tree-fork-{scheme}-{phone}.png")
