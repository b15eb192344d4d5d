from datetime import time

import pytest
from django.urls import reverse

from tercet.kit.refusal import Refused
from tercet.record.models import Event, Snapshot
from tercet.revenue.commands import change_settings
from tercet.revenue.models import Deal, Settings, Stage
from tercet.revenue.tests import quay


def test_changes_and_records_before_and_after(world):
    change_settings(world.quay, by=world.edi, fiscal_year_start_month=2, currency="EUR")

    event = Event.objects.get(kind="settings.changed")
    assert event.data == {"fiscal_year_start_month": [1, 2], "currency": ["", "EUR"]}
    assert Settings.objects.get().version == 2


def test_saying_what_stands_changes_nothing(world):
    change_settings(world.quay, by=world.edi, currency="EUR")
    change_settings(world.quay, by=world.edi, currency="EUR", work_starts_at=time(9))

    assert Event.objects.count() == 1


def test_a_stage_means_another_step(world):
    stage = Stage.objects.create(workspace=world.quay, pipeline="New", name="Signed")

    change_settings(world.quay, by=world.edi, steps={stage.pk: "won"})

    stage.refresh_from_db()
    assert stage.step == "won"
    assert Event.objects.get().data == {"New: Signed": ["open", "won"]}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"fiscal_year_start_month": 13}, "from 1 to 12, not 13"),
        ({"currency": "XXQ"}, "not a currency"),
        ({"working_days": ""}, "at least one working day"),
        ({"work_starts_at": time(18), "work_ends_at": time(9)}, "starts at 18:00, but ends at 09"),
        ({"marketing_share_percent": 101}, "from 1 to 100"),
        ({"deal_types_that_count": ["gift"]}, "is no deal type"),
        ({"steps": {1: "maybe"}}, "is no step"),
    ],
)
def test_refuses_what_makes_no_sense(world, changes, why):
    with pytest.raises(Refused, match=why):
        change_settings(world.quay, by=world.edi, **changes)


def test_refuses_those_who_may_not(world):
    with pytest.raises(Refused, match="Only editors"):
        change_settings(world.quay, by=world.cora, currency="EUR")


def form(world, **changes):
    """What the browser sends when nothing but these was touched."""
    return {
        "fiscal_year_start_month": "2",
        "currency": "EUR",
        "amount_meaning": "total",
        "working_days": ["1", "2", "3", "4", "5"],
        "work_starts_at": "09:00",
        "work_ends_at": "17:00",
        "first_contact_due_hours": "8",
        "goal": "600,000",
        "marketing_share_percent": "60",
        **changes,
    }


def test_the_page_saves_and_asks_for_new_figures(world, as_, see):
    quay.fill(world.quay, share=0.02)
    see("funnel_page")
    before = Snapshot.objects.latest("id").pk
    data = form(world, **{f"step-{stage.pk}": stage.step for stage in Stage.objects.all()})

    answer = as_(world.edi).post(
        reverse("revenue:change_settings", args=["quay"]), data, follow=True
    )

    assert "Figures are being counted anew" in answer.content.decode()
    assert Settings.objects.get().revenue_goal_minor == 600_000_00
    see("funnel_page")
    assert Snapshot.objects.latest("id").pk > before


def test_the_page_says_what_is_wrong(world, as_):
    address = reverse("revenue:change_settings", args=["quay"])

    answer = as_(world.edi).post(address, form(world, goal="many"))

    assert answer.status_code == 422
    assert "is not an amount of money" in answer.content.decode()


def test_left_out_stages_leave_the_figures(world, see):
    book = quay.fill(world.quay, share=0.1)
    Stage.objects.filter(pk=book.won.pk).update(step="ignored")

    see("funnel_page", of="deals")

    assert Snapshot.objects.latest("id").rows["deals"] == 0
    assert Deal.objects.count() > 0
