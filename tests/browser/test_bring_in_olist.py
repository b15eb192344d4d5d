"""A real set of leads and won deals, brought in on the screen, read there and taken back."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tercet

OLIST = Path(tercet.__file__).parents[2] / "shared" / "data" / "olist"
LEADS = OLIST / "olist_marketing_qualified_leads_dataset.csv"
DEALS = OLIST / "olist_closed_deals_dataset.csv"
ADA = "ada@quay.example"
DESK, PHONE = (1440, 900, "light"), (390, 844, "dark")
# A file of this size is read and published by a worker that other tests may keep busy.
PATIENCE = 60_000
COLOURS_HAVE_CHANGED = """Promise.all(
    document.getAnimations()
        .filter(each => each instanceof CSSTransition)
        .map(each => each.finished.catch(() => null))
)"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not OLIST.exists(), reason="The public data set is not here."),
]


@pytest.fixture
def faults(axe):
    """What is wrong with the page as it stands, on a desk in light and on a phone in dark."""

    def look(page: Any) -> list[str]:
        found = []
        for width, height, theme in (PHONE, DESK):
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=theme)
            page.evaluate(COLOURS_HAVE_CHANGED)
            found += [f"{theme}, {width}: {fault}" for fault in axe(page)]
            if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
                found.append(f"{page.url} is {wide} wide on {width}")
        return found

    return look


def open_workspace(page: Any) -> str:
    page.fill("input[name=name]", "Olist")
    page.click("main button.primary")
    page.wait_for_url("**/olist/**")
    return page.url.removesuffix("/")


def go_to(page: Any, url: str) -> str:
    """What the page says once its figures are counted."""
    page.goto(url)
    page.wait_for_selector("html[data-ready]")
    page.wait_for_selector("text=Counting for the first time", state="detached", timeout=PATIENCE)
    return str(page.inner_text("main"))


def read_file(page: Any, file: Path) -> None:
    """From the list of imports to the columns of this file."""
    page.click("text=Imports >> nth=0")
    page.click("a:has-text('Bring in a file') >> nth=0")
    page.set_input_files("input[type=file]", file)
    page.fill("input[name=source]", "olist")
    page.click("text=Read the file")
    page.click("text=Look at the columns", timeout=PATIENCE)
    page.wait_for_selector("h2:has-text('What the file can’t say')")
    page.wait_for_selector("html[data-ready]")


def try_out(page: Any) -> None:
    page.click("text=Only what is new or changed")
    page.click("text=Try it out")
    page.wait_for_selector("text=Tried out", timeout=PATIENCE)


def rows_by_kind(page: Any) -> dict[str, int]:
    """How many new rows of each kind the import's page tells of."""
    cells = "table[aria-label='Rows by kind'] tbody tr"
    lines = [line.split("\t") for line in page.locator(cells).all_inner_texts()]
    return {line[0]: int(line[1].replace(",", "")) for line in lines}


def conversions(page: Any) -> dict[str, str]:
    """Origin → share won, as the funnel's table has it."""
    table = page.locator("[aria-label='By origin, as a table'] tbody tr")
    return {line.split("\t")[0]: line.split("\t")[3] for line in table.all_inner_texts()}


def to_mend(page: Any) -> dict[str, str]:
    return {
        line.split("\t")[0]: line.split("\t")[-1]
        for line in page.locator("main tbody tr").all_inner_texts()
    }


def test_a_set_is_brought_in_read_and_taken_back(
    empty: Any, open_page: Callable[..., Any], faults: Callable[[Any], list[str]]
):
    page = open_page(empty, "/new/", who=ADA)
    home = open_workspace(page)

    assert "Start with what your CRM knows" in go_to(page, f"{home}/imports/")
    assert faults(page) == []

    read_file(page, LEADS)
    assert "8,000 rows, 4 columns" in page.inner_text("main")
    assert "No column of this file shows that a lead was followed up" in page.inner_text("main")
    assert faults(page) == []
    try_out(page)
    assert rows_by_kind(page) == {"Leads": 8_000}
    assert faults(page) == []
    assert "No leads and no deals yet" in go_to(page, f"{home}/revenue/funnel/")
    page.go_back()
    page.click("text=Bring it in")
    page.wait_for_selector("text=In since", timeout=PATIENCE)

    read_file(page, DEALS)
    assert page.input_value("input[name='answer.zone']") == "UTC"
    page.fill("input[name='answer.zone']", "America/Sao_Paulo")
    assert faults(page) == []
    try_out(page)
    assert rows_by_kind(page) == {"Segments": 33, "Owners": 22, "Deals": 842}
    page.click("text=Bring it in")
    page.wait_for_selector("text=In since", timeout=PATIENCE)
    second = page.url
    assert faults(page) == []

    funnel = go_to(page, f"{home}/revenue/funnel/?period=all")
    assert re.search(r"Leads\s+8,000\s+7,158 still open", funnel)
    assert re.search(r"Won\s+842\s+10\.525\s?%", funnel)
    assert re.search(r"Days to won\s+14\s+half of 841", funnel)
    shares = conversions(page)
    assert (shares["paid search"], shares["organic search"]) == ("12.3%", "11.8%")
    assert (shares["social"], shares["email"]) == ("5.6%", "3.0%")

    go_to(page, f"{home}/revenue/to-mend/")
    lines = to_mend(page)
    assert lines["Deals won before the first contact, or before they were opened"] == "1"
    assert lines["Leads whose origin says “unknown”"] == "1,099"
    assert lines["Leads with a blank origin"] == "60"

    why = go_to(page, f"{home}/revenue/why/")
    assert "Won revenue is not split" in why
    assert "The data has declared_monthly_revenue, but nobody has said" in why

    page.goto(second)
    page.click("text=Take it back")
    page.wait_for_selector("text=Taken back on", timeout=PATIENCE)
    assert "What it made is gone and what it changed is as before." in page.inner_text("main")
    assert faults(page) == []
    assert "No deals yet" in go_to(page, f"{home}/revenue/deals/")
    assert re.search(r"Won\s+0\s", go_to(page, f"{home}/revenue/funnel/?period=all"))
