import pytest
from django.urls import reverse

from tercet.revenue.models import Campaign, Deal, Lead, Product
from tercet.revenue.tests import quay

LISTS = ("leads_page", "deals_page", "campaigns_page", "products_page")


@pytest.fixture
def book(world):
    made = quay.fill(world.quay, share=0.05)
    Campaign.objects.create(workspace=world.quay, name="Autumn fair", channel="Event")
    Product.objects.create(workspace=world.quay, name="Berth", price_minor=5000, currency="EUR")
    return made


def here(name, *args):
    return reverse(f"revenue:{name}", args=["quay", *args])


@pytest.mark.parametrize(
    ("name", "shown"),
    zip(LISTS, ("Person Webinar 1", "Deal of Nadja", "Autumn fair", "Berth"), strict=True),
)
def test_lists_and_downloads(world, as_, book, name, shown):
    ada = as_(world.ada)

    assert shown in ada.get(here(name)).content.decode()
    sheet = ada.get(here(name), {"format": "csv"})
    assert shown in b"".join(sheet.streaming_content).decode()


@pytest.mark.parametrize("name", LISTS)
def test_lists_name_no_owner(world, as_, book, name):
    Deal.objects.update(name="Plain")

    html = as_(world.ada).get(here(name)).content.decode()

    assert "Nadja Present" not in html


def test_a_lead_opens_with_its_owner_deals_and_days(world, as_, book):
    lead = Lead.objects.filter(deals__isnull=False).first()

    html = as_(world.ada).get(here("lead_page", lead.pk)).content.decode()

    for shown in (str(lead), "Nadja Present", "Harbour &amp; Sons", "€11,000", "First contact"):
        assert shown in html


def test_a_deal_opens_in_the_side_panel(world, as_, book):
    deal = Deal.objects.first()

    html = as_(world.ada).get(here("deal_page", deal.pk), headers={"HX-Request": "true"})

    assert "panel-head" in html.content.decode()
    assert "<main" not in html.content.decode()


def test_amounts_hide_from_viewers_where_the_workspace_says_so(world, as_, see, book):
    world.quay.hides_amounts = True
    world.quay.save()
    deal = Deal.objects.first()
    vic = as_(world.vic)

    pages = [vic.get(here(name)) for name in ("deals_page", "products_page")]
    pages += [vic.get(here("deal_page", deal.pk))]
    pages += [see(name, who=world.vic) for name in ("funnel_page", "why_page")]
    sheet = vic.get(here("deals_page"), {"format": "csv"})

    assert "Amount" not in b"".join(sheet.streaming_content).decode()
    for page in pages:
        assert "€" not in page.content.decode().split("<main", 1)[1].split("</main>", 1)[0]


def test_things_of_another_workspace_are_not_there(world, as_):
    lead = Lead.objects.create(workspace=world.mill, name="Theirs")

    assert as_(world.ada).get(here("lead_page", lead.pk)).status_code == 404
