from django.urls import reverse

from tercet.revenue.tests import quay


def test_shows_how_far_leads_get(world, see):
    quay.fill(world.quay)

    html = see("funnel_page").content.decode()

    assert "3,100" in html
    assert "338" in html
    assert "Likely range" in html


def test_says_that_it_counts_for_the_first_time(world, as_):
    quay.fill(world.quay)

    answer = as_(world.ada).get(reverse("revenue:funnel_page", args=["quay"]))

    assert "Counting for the first time" in answer.content.decode()
