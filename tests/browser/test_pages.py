"""The demo company in a browser: each page at both sizes, in both themes, and its story."""

import re

import pytest

pytestmark = pytest.mark.browser

OLGA = "olga.petrauskaite@quay.example"
ANA = "ana.kovac@quay.example"
PAGES = [
    "/quay/",
    "/quay/activity/",
    "/quay/search/?q=norda",
    "/quay/notices/",
    "/quay/system/",
    "/quay/outbox/",
    "/quay/measured/",
    "/quay/members/",
    "/quay/members/teams/",
    "/quay/customers/",
    "/quay/customers/contacts/",
    "/quay/customers/segments/",
    "/quay/customers/owners/",
    "/quay/revenue/funnel/",
    "/quay/revenue/why/",
    "/quay/revenue/service-level/",
    "/quay/revenue/leads/",
    "/quay/revenue/deals/",
    "/quay/revenue/campaigns/",
    "/quay/revenue/products/",
    "/quay/revenue/to-mend/",
    "/quay/revenue/reassign/",
    "/quay/revenue/settings/",
    "/quay/imports/",
]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_every_page_is_clean_and_fits(quay, open_page, axe, theme, width, height):
    page = open_page(quay, "/quay/", who=OLGA, width=width, height=height, theme=theme)
    faults = []
    for path in PAGES:
        page.goto(quay.base + path)
        page.wait_for_selector("html[data-ready]")
        page.wait_for_selector("main h1")
        page.wait_for_selector("text=Counting for the first time", state="detached")
        faults += [f"{path}: {fault}" for fault in axe(page)]
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            faults.append(f"{path} is {wide} wide")

    assert faults == []


def test_the_change_is_split_to_the_cent_on_the_screen(quay, open_page):
    page = open_page(quay, "/quay/revenue/why/", who=ANA)
    page.wait_for_selector("text=Won revenue fell 422,000 EUR, from 2,160,000 to 1,738,000")

    text = page.inner_text("main")
    for amount in [
        "126,208.51",
        "340,992.45",
        "312,177.49",
        "13,075.42",
        "261,577.85",
        "169,691.84",
    ]:
        assert amount in text
    assert "What pulled it down: 41 % lead mix, 38 % follow-up, 21 % deal value" in text


def test_the_queues_of_those_who_left_are_there_to_be_given_away(quay, open_page):
    page = open_page(quay, "/quay/revenue/reassign/", who=OLGA)

    assert "214" in page.inner_text("main")


def test_a_deal_opens_beside_its_list_and_has_an_address(quay, open_page):
    page = open_page(quay, "/quay/revenue/deals/?q=norda", who=ANA)
    page.click("main table tbody a >> nth=0")
    page.wait_for_selector("#panel h2")
    assert "/quay/revenue/deals/" in page.url
    assert page.url.rstrip("/").split("/")[-1].isdigit()

    page.keyboard.press("Escape")
    page.wait_for_selector("#panel h2", state="hidden")
    assert page.url.endswith("/quay/revenue/deals/?q=norda")


def test_the_palette_finds_a_company_from_the_keyboard(quay, open_page):
    page = open_page(quay, "/quay/", who=ANA)
    page.keyboard.press("Control+k")
    page.keyboard.type("norda")
    page.wait_for_selector("dialog[open] a:has-text('Norda')")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/quay/\w+/.*\d+/$"))


def test_a_page_works_without_javascript(quay, chromium, signed_in):
    context = chromium.new_context(java_script_enabled=False, storage_state=signed_in(quay, ANA))
    page = context.new_page()
    page.goto(quay.base + "/quay/revenue/deals/?q=norda")

    assert "Norda" in page.inner_text("main")
    page.click("main table tbody a >> nth=0")
    assert "84,000" in page.inner_text("main")
    context.close()
