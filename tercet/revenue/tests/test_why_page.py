import pytest

from tercet.record.models import Figure
from tercet.revenue.tests import quay

CENTS = {
    "leads": 126_208_51,
    "mix": -340_992_45,
    "follow_up": -312_177_49,
    "acceptance": 13_075_42,
    "closing": 261_577_85,
    "value": -169_691_84,
}


@pytest.fixture
def result(world, see):
    """What the worker computed for the page as it opens."""

    def compute(**params):
        see("why_page", **params)
        return Figure.objects.filter(name="revenue.why").latest("id").result

    return compute


def test_splits_won_revenue_to_the_cent(world, result):
    quay.fill(world.quay)

    money = result()["money"]

    assert (money["before"], money["after"]) == (2_160_000_00, 1_738_000_00)
    assert {part["factor"]: part["rounded"] for part in money["parts"]} == CENTS
    assert sum(CENTS.values()) == money["change"] == -422_000_00


def test_shows_the_parts_and_the_sentence(world, see):
    quay.fill(world.quay)

    html = see("why_page").content.decode()

    for shown in ("€2,160,000", "€1,738,000", "+€126,208.51", "−€340,992.45", "−€312,177.49"):
        assert shown in html
    for shown in ("+€13,075.42", "+€261,577.85", "−€169,691.84", "−€422,000"):
        assert shown in html
    assert "Won revenue fell" in html
