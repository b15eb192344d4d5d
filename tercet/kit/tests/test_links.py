from types import SimpleNamespace

from django.urls import reverse

from tercet.kit.links import link_to


def test_gives_the_address_that_the_route_has():
    row = SimpleNamespace(pk=12, workspace=SimpleNamespace(slug="quay"))

    assert link_to("revenue:deal_page")(row) == reverse("revenue:deal_page", args=["quay", 12])


def test_each_workspace_has_its_own():
    link = link_to("revenue:deal_page")
    here, there = (
        link(SimpleNamespace(pk=1, workspace=SimpleNamespace(slug=slug)))
        for slug in ("quay", "mill")
    )

    assert here != there
