"""The kit in a real browser: no axe finding, no refused style, and every behaviour at work."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import tercet
from tercet.kit.tests.gallery_server import serving

pytestmark = pytest.mark.browser

AXE = Path(tercet.__file__).parents[1] / "tests" / "browser" / "vendor" / "axe.min.js"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving() as where:
        yield where


@pytest.fixture
def open_page(chromium, address):
    """Opens the gallery; whatever the page complains about fails the test at its end."""
    complaints, contexts = [], []

    def open_it(width=1440, height=900, theme="light", **more):
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme, **more
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        page.wait_for_selector(
            "html[data-ready]" if more.get("java_script_enabled", True) else "html"
        )
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert [text for text in complaints if "status of 500" not in text] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_axe_finds_nothing_and_nothing_sticks_out(open_page, theme, width, height):
    page = open_page(width, height, theme)

    assert _axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_what_opens(open_page, theme):
    page = open_page(theme=theme)
    page.click(".row-link >> nth=0")
    page.wait_for_selector("#panel h2")
    page.click(".filter summary >> nth=0")
    page.evaluate(
        """document.dispatchEvent(new CustomEvent("kit:toasts", {detail: {toasts: [
        {text: "Moved to Won", undo: "/quay/undo/7"}, {text: "No", is_bad: true}]}}))"""
    )
    assert _axe(page) == []

    page.keyboard.press("Control+k")
    page.wait_for_selector("#palette", state="visible")
    assert _axe(page) == []


def _axe(page):
    """The rules that are broken; without the moving in, which dims what it moves."""
    page.evaluate("Promise.all(document.getAnimations().map(a => a.finished))")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    return page.evaluate(
        "axe.run().then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html).slice(0, 3)]))"
    )


def test_targets_on_a_phone_are_big_enough_to_touch(open_page):
    page = open_page(390, 844, has_touch=True)

    small = page.evaluate(
        """[...document.querySelectorAll("button, .btn, .icon-btn, select, nav a, summary")]
        .filter(e => e.checkVisibility() && !e.closest("[inert]"))
        .map(e => [e.outerHTML.slice(0, 80), Math.round(e.getBoundingClientRect().height)])
        .filter(([, height]) => height < 40)"""
    )

    assert small == []


def test_the_panel_opens_over_the_list_and_escape_and_back_close_it(open_page):
    page = open_page()
    start = page.url
    page.click(".row-link >> nth=0")
    page.wait_for_selector("#panel h2")

    assert "/quay/deals/" in page.url
    assert page.locator("table.rows").first.is_visible()

    page.click("#panel [aria-label=Next]")
    page.wait_for_url("**/quay/deals/2")
    page.keyboard.press("Escape")
    page.wait_for_selector("#panel:empty", state="attached")

    assert page.url == start

    page.click(".row-link >> nth=1")
    page.wait_for_selector("#panel h2")
    page.go_back()
    page.wait_for_selector("#panel:empty", state="attached")

    assert page.url == start

    page.go_forward()
    page.wait_for_selector("#panel h2")


def test_a_filter_narrows_the_rows_in_place_and_back_takes_it_away(open_page, address):
    page = open_page()
    page.fill("#rows-q", "harbour")
    page.wait_for_url(f"{address}/?q=harbour&stage=negotiation&stage=won")

    assert page.locator("#rows .row-link").count() == 7
    assert page.evaluate("document.activeElement.id") == "rows-q"

    page.go_back()
    page.wait_for_url(f"{address}/")
    page.wait_for_selector("#rows-q")
    page.keyboard.press("Escape")
    page.click(".row-link >> nth=0")
    page.wait_for_selector("#panel h2")


def test_the_palette_goes_to_pages_and_finds_records(open_page):
    page = open_page()
    page.keyboard.press("Control+k")
    page.keyboard.type("deal")
    page.wait_for_selector("#palette-found a")

    assert page.locator("[data-pages] a:visible").all_inner_texts() == ["Deals\ng d"]
    assert page.locator("#palette-found span").inner_text() == "deal"

    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent") == "deal"
    page.keyboard.press("Escape")
    assert not page.locator("#palette").is_visible()


def test_keys_search_switch_the_theme_and_show_their_list(open_page):
    page = open_page()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.evaluate("document.activeElement.blur()")

    page.keyboard.press("t")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"

    page.keyboard.press("?")
    assert page.locator("#shortcuts").is_visible()


def test_an_answer_brings_a_toast_with_undo_and_a_failure_says_its_number(open_page):
    page = open_page()
    page.evaluate(
        """document.dispatchEvent(new CustomEvent("kit:toasts", {detail: {toasts: [
        {text: "Moved to Won", undo: "/quay/undo/7", is_bad: false}]}}))"""
    )
    assert page.locator(".toast p").inner_text() == "Moved to Won"
    assert page.locator(".toast form").get_attribute("action") == "/quay/undo/7"

    page.evaluate("htmx.ajax('GET', '/quay/broken', {target: '#main', source: '#main'})")
    page.wait_for_selector(".toast[data-tone=bad]")
    assert "a1b2c3" in page.locator(".toast[data-tone=bad]").inner_text()
    assert page.locator("h1").inner_text() == "Funnel"


def test_an_answer_that_is_no_part_is_gone_to(open_page, address):
    page = open_page()
    page.evaluate("htmx.ajax('GET', '/quay/elsewhere', {target: '#panel', source: '#main'})")
    page.wait_for_url(f"{address}/quay/elsewhere")

    assert page.locator("h1").inner_text() == "Funnel"


def test_a_record_that_is_gone_leaves_list_and_address_as_they_are(open_page):
    page = open_page()
    start = page.url
    page.evaluate("""document.querySelector(".row-link").setAttribute("hx-get", "/quay/broken");
        htmx.process(document.querySelector(".row-link"), true)""")
    page.click(".row-link >> nth=0")
    page.wait_for_selector(".toast[data-tone=bad]")

    assert page.url == start
    assert page.locator("#panel").inner_html() == ""


def test_the_navigation_slides_in_on_a_phone(open_page):
    page = open_page(390, 844)
    assert not page.locator("#side").is_visible()
    page.click("[aria-label='Open navigation']")
    page.wait_for_selector("#side", state="visible")
    page.keyboard.press("Escape")
    page.wait_for_selector("#side", state="hidden")


def test_without_javascript_the_navigation_and_the_filters_still_work(open_page):
    page = open_page(390, 844, java_script_enabled=False)

    assert page.locator(".side-nav a").first.is_visible()
    assert page.get_by_role("button", name="Apply").is_visible()
