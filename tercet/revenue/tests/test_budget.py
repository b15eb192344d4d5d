"""A page asks the database as often for many rows as for few, and never computes."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tercet.revenue.models import Deal, Lead
from tercet.revenue.tests import quay

PAGES = (
    *("funnel_page", "why_page", "service_level_page", "health_page", "settings_page"),
    *("leads_page", "deals_page", "campaigns_page", "products_page", "reassign_page"),
)
MOST = 12


def queries(browser, address):
    browser.get(address)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert browser.get(address).status_code == 200
    return [query["sql"] for query in seen]


@pytest.mark.slow
def test_every_page_keeps_to_its_budget(world, as_, see, worker):
    quay.fill(world.quay, share=0.01)
    ada = as_(world.ada)
    addresses = [reverse(f"revenue:{name}", args=["quay"]) for name in PAGES]
    addresses.append(reverse("revenue:rows_page", args=["quay"]) + "?figure=revenue.funnel")
    addresses.append(reverse("revenue:lead_page", args=["quay", Lead.objects.first().pk]))
    addresses.append(reverse("revenue:deal_page", args=["quay", Deal.objects.first().pk]))

    def counted():
        for _ in range(2):
            for address in addresses:
                ada.get(address)
            worker()
        return {address: queries(ada, address) for address in addresses}

    few = counted()
    quay.fill(world.quay, share=0.1)
    world.quay.mark_changed()
    many = counted()

    for address in addresses:
        assert len(many[address]) <= MOST, (address, many[address])
        assert len(many[address]) <= len(few[address]), address


def test_a_poll_that_finds_nothing_new_says_so(world, as_, see, worker):
    quay.fill(world.quay, share=0.05)
    ada, address = as_(world.ada), reverse("revenue:funnel_page", args=["quay"])
    htmx = {"HX-Request": "true"}

    assert "seen=0" in ada.get(address).content.decode()
    assert ada.get(address, {"seen": "0"}, headers=htmx).status_code == 204
    worker()
    ada.get(address, {"seen": "0"}, headers=htmx)
    worker()
    newer = ada.get(address, {"seen": "0"}, headers=htmx)
    assert newer.status_code == 200
    assert newer["HX-Refresh"] == "true"
    assert "hx-trigger" not in newer.content.decode()


def test_an_old_figure_stays_while_a_newer_one_is_made(world, see, as_):
    quay.fill(world.quay, share=0.05)
    see("funnel_page")
    world.quay.mark_changed()

    html = as_(world.ada).get(reverse("revenue:funnel_page", args=["quay"])).content.decode()

    assert "a newer one is on its way" in html
    assert "From lead to won" in html
