"""`tercet import` and `tercet export`, as a script uses them."""

import json

import pytest
from django.core.management import CommandError, call_command

from tercet.record.models import Import
from tercet.revenue.models import Deal

DEALS = (
    "Deal ID,Deal Name,Account Name,Deal Stage,Close Date,Amount\n"
    "d1,Pilot,Acme,Closed Won,2026-03-01,1200.50\n"
    "d2,=cmd,Byte,Demo,2026-04-01,800\n"
)


@pytest.fixture
def deals(tmp_path):
    path = tmp_path / "deals.csv"
    path.write_text(DEALS)
    return path


def test_a_file_comes_in(world, deals, capsys):
    call_command("import", "quay", "deals", str(deals), "--source", "crm", "--set", "currency=EUR")

    assert Deal.objects.count() == 2
    said = capsys.readouterr().out
    assert "Deals: 2 new, 0 changed" in said
    assert "company “Acme” matches nothing (1 times)" in said


def test_the_kind_is_found_out_and_the_result_is_json(world, deals, capsys):
    call_command(
        "import", "quay", "auto", str(deals), "--source", "crm", "--set", "currency=EUR", "--json"
    )

    told = json.loads(capsys.readouterr().out)
    assert told["kinds"]["deals"]["new"] == 2
    assert told["state"] == "published"


def test_a_dry_run_changes_nothing(world, deals, capsys):
    call_command(
        "import",
        "quay",
        "deals",
        str(deals),
        "--source",
        "crm",
        "--set",
        "currency=EUR",
        "--dry-run",
    )

    assert "2 new" in capsys.readouterr().out
    assert not Deal.objects.exists()


def test_a_map_says_what_fills_what(world, tmp_path):
    file, map_file = tmp_path / "x.csv", tmp_path / "map.toml"
    file.write_text("a,b,c\n1,Pilot,2026-03-01\n")
    map_file.write_text('[deals]\nexternal_id = "a"\nname = "b"\nwon = "c"\n')

    call_command("import", "quay", "deals", str(file), "--source", "crm", "--map", str(map_file))

    assert str(Deal.objects.get().won_on) == "2026-03-01"


def test_questions_that_are_left_stop_it(world, deals):
    with pytest.raises(CommandError, match="In which currency") as stopped:
        call_command("import", "quay", "deals", str(deals), "--source", "crm")

    assert stopped.value.returncode == 2
    assert Import.objects.get().state == "to_map"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere", "deals", "{file}"], "no workspace “nowhere”"),
        (["quay", "cats", "{file}"], "“cats” is not a kind"),
        (["quay", "deals", "{file}.gone"], "No such file"),
        (["quay", "deals", "{file}", "--set", "currency"], "expected NAME=VALUE"),
        (["quay", "deals", "{file}", "--zone", "Moon"], "expected a zone such as Europe/Berlin"),
    ],
)
def test_mistakes_are_named(world, deals, arguments, said):
    with pytest.raises(CommandError, match=said):
        call_command("import", *[a.format(file=deals) for a in arguments], "--source", "crm")


def test_an_export_holds_every_column_and_no_formula(world, deals, tmp_path, capsys):
    call_command("import", "quay", "deals", str(deals), "--source", "crm", "--set", "currency=EUR")
    out = tmp_path / "out.csv"

    call_command("export", "quay", "deals", str(out))

    header, first, second = out.read_text().splitlines()
    assert header.startswith("id,external_ids,name,company_id,company,")
    assert "crm:d1,Pilot" in first
    assert "'=cmd" in second
    assert "120050" in first
