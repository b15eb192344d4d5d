"""Every figure opens its rows, and no row says anybody's name."""

import html as entities
import re

import pytest
from django.urls import reverse

from tercet.people.models import Team
from tercet.revenue.models import Campaign, Deal, Lead, Product
from tercet.revenue.tests import quay

PAGES = ("funnel_page", "why_page", "service_level_page", "health_page")
LINK = re.compile(r'href="([^"]*/(?:rows|to-mend)/[^"]+)"')


@pytest.fixture
def book(world):
    """Quay's book, with somebody's name wherever a row could carry one."""
    made = quay.fill(world.quay, share=0.1)
    Team.objects.filter(pk=world.sales.pk).update(name="Sales")
    Lead.objects.update(team=world.sales)
    Deal.objects.filter(pk__in=Deal.objects.values("pk")[:3]).update(amount_minor=None)
    Campaign.objects.create(workspace=world.quay, name="Autumn")
    Product.objects.create(workspace=world.quay, name="Berth")
    return made


def links_of(answer):
    return {entities.unescape(link) for link in LINK.findall(answer.content.decode())}


@pytest.mark.slow
def test_no_figure_opens_a_name(world, as_, see, worker, book):
    names = ["Nadja", "Jonas", "Person ", "n@q.example", "@demo.example", "Edi Moor", "Deal of"]
    vic = as_(world.vic)
    walked = 0

    found = {link for name in PAGES for link in links_of(see(name, who=world.vic))}
    for link in sorted(found):
        vic.get(link)
    worker()

    for link in sorted(found):
        page = vic.get(link)
        main = page.content.decode().split("<main", 1)[1].split("</main>", 1)[0]
        sheet = vic.get(f"{link}{'&' if '?' in link else '?'}format=csv")
        text = b"".join(sheet.streaming_content).decode()
        for name in names:
            assert name not in main, (link, name)
            assert name not in text, (link, name)
        assert "Owner" not in main
        assert "owner" not in text.split("\n", 1)[0].lower()
        walked += 1
    assert walked > 30


def test_only_those_who_mend_open_rows_of_people(world, as_, book):
    address = reverse("revenue:health_rows_page", args=["quay", "owners_without_deals"])

    assert as_(world.vic).get(address).status_code == 404
    assert "Jonas Gone" in as_(world.edi).get(address).content.decode()


def test_counts_are_those_of_the_figure(world, as_, see, worker, book):
    html = see("funnel_page").content.decode()
    link = next(
        entities.unescape(found)
        for found in LINK.findall(html)
        if "step=won" in found and "group=Webinar" in found
    )
    ada = as_(world.ada)
    ada.get(link)
    worker()

    sheet = ada.get(link + "&format=csv")

    rows = b"".join(sheet.streaming_content).decode().splitlines()
    assert len(rows) - 1 == sum(counts["Webinar"][3] // 10 for counts in quay.COUNTS.values())


def test_asks_for_a_figure_that_there_is(world, as_):
    answer = as_(world.ada).get(reverse("revenue:rows_page", args=["quay"]), {"figure": "nothing"})

    assert answer.status_code == 404


def test_sorts_by_nothing_but_its_own_columns(world, as_, see, worker, book):
    html = see(
        "rows_page", figure="revenue.funnel", of="leads", sort="owner", owner="1", q="Nadja"
    ).content.decode()

    assert "Nadja" not in html.split("<main", 1)[1].split("</main>", 1)[0]
