import json
import subprocess
import sys

import pytest

from tercet.analysis.cli import main

Q2 = """\
segment,leads,followed_up,accepted,won,value
demo request,600,570,510,128,12000
webinar,500,450,270,40,12000
paid content,400,330,120,12,12000
"""
Q3 = """\
segment,leads,followed_up,accepted,won,value
demo request,480,408,366,99,11000
webinar,480,336,202,36,11000
paid content,640,400,152,23,11000
"""
LEADS = """\
lead,first_contact_date,origin,won_on,amount,currency
a,2026-01-05,search,2026-01-25,100.10,EUR
b,2026-01-06,search,,,
c,2026-04-01,event,2026-04-11,200,EUR
d,2026-04-02,event,,,
"""


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    """Write files, run the command beside them, give its status, JSON and standard error."""
    monkeypatch.chdir(tmp_path)

    def run(command, **files):
        for name, text in files.items():
            (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        status = main(command.split())
        told = capsys.readouterr()
        return status, json.loads(told.out) if told.out else None, told.err

    return run


def test_bridge_of_counts_comes_out_to_the_cent(run):
    status, found, _ = run("bridge q2.csv q3.csv --currency EUR", q2=Q2, q3=Q3)
    money = found["won_value"]

    assert status == 0
    assert (money["before"], money["after"], money["change"]) == (2160000, 1738000, -422000)
    assert {part["factor"]: round(part["unrounded"], 1) for part in money["parts"]} == {
        "leads": 126208.5,
        "mix": -340992.4,
        "follow_up": -312177.5,
        "acceptance": 13075.4,
        "closing": 261577.8,
        "value": -169691.8,
    }
    assert sum(round(part["change"] * 100) for part in money["parts"]) == -42200000
    for part in money["parts"]:
        cents = sum(round(cell["change"] * 100) for cell in part["by_segment"])
        assert cents == round(part["change"] * 100)
    assert found["sentence"] == money["verdict"]["sentence"]
    assert money["verdict"]["certain"] == ["mix", "follow_up"]


def test_bridge_takes_revenue_or_no_value(run):
    revenue = Q2.replace("12000", "1536000", 1).replace("40,12000", "40,480000")
    revenue = revenue.replace("12,12000", "12,144000")
    _, found, _ = run("bridge q2.csv q3.csv --value revenue", q2=revenue, q3=Q3)
    assert found["won_value"]["before"] == 2160000

    _, found, _ = run("bridge q2.csv q3.csv --value none")
    assert found["won_value"] is None
    assert "No amount is known" in found["won_value_refused"]
    assert found["sentence"].startswith("Conversion fell 2.1 points, from 12.0 % to 9.9 %.")


def test_bridge_of_one_line_takes_fractions_of_counts(run):
    _, found, _ = run(
        "bridge a.csv b.csv",
        a="leads,accepted,won,mean_deal\n1500,900,180,12000\n",
        b="leads,accepted,won,mean_deal\n1600,720,158.4,11000\n",
    )
    parts = {part["factor"]: part["change"] for part in found["won_value"]["parts"]}
    assert {k: round(v / 1000, 1) for k, v in parts.items()} == {
        "leads": 126.7,
        "acceptance": -561.1,
        "closing": 187.2,
        "value": -170.3,
    }
    assert found["won_value"]["left_out"][0] == {
        "factor": "mix",
        "missing": "segment",
        "merged_into": None,
    }


def test_bridge_of_one_file_by_two_windows(run):
    command = (
        "bridge leads.csv --map created_on=first_contact_date --by origin "
        "--before 2026-01-01..2026-03-31 --after 2026-04-01..2026-06-30"
    )
    _, found, _ = run(command, leads=LEADS)
    assert found["before"]["counts"] == {"lead": 2, "won": 1}
    assert found["won_value"]["change"] == 99.9
    assert "No verdict: 2026-01-01 to 2026-03-31 has 2 leads" in found["sentence"]


def test_funnel_of_rows_by_quarter(run):
    command = "funnel leads.csv --map created_on=first_contact_date --by quarter --as-of 2026-06-30"
    status, found, _ = run(command, leads=LEADS)

    assert status == 0
    assert found["as_of"] == "2026-06-30"
    assert [group["label"] for group in found["groups"]] == [
        "Q1, Jan to Mar 2026",
        "Q2, Apr to Jun 2026",
    ]
    total = found["total"]
    assert (total["days_to_won"]["n"], total["days_to_won"]["median"]) == (2, 10)
    assert (total["won_value"], total["currencies"]) == (300.1, ["EUR"])
    assert total["steps"][1]["from_start"]["rate"] == 0.5
    assert total["won_by_day"] == {"7": 0, "30": 0.5, "90": 0.5}


def test_funnel_takes_the_last_day_of_the_data_where_none_is_said(run):
    _, found, _ = run("funnel leads.csv --map created_on=first_contact_date", leads=LEADS)
    assert found["as_of"] == "2026-04-11"


def test_funnel_of_counts(run):
    _, found, _ = run("funnel q2.csv", q2=Q2)
    assert found["total"]["steps"][-1]["count"] == 180
    assert found["left_out"] == ["qualified", "deal"]
    assert [group["group"] for group in found["groups"]] == [
        "demo request",
        "webinar",
        "paid content",
    ]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("bridge q2.csv bad.csv", "bad.csv, line 3, column “won”: found “x”, expected a number"),
        ("bridge q2.csv more.csv", "more.csv, line 2, column “won”: found “9”, expected at most"),
        ("bridge q2.csv none.csv", "There is no file “none.csv”."),
        ("bridge q2.csv", "A bridge takes two files"),
        ("bridge q2.csv leads.csv", "q2.csv has counts, leads.csv a row per lead"),
        ("bridge q2.csv q2.csv --by shoe", "q2.csv has no column “shoe”"),
        ("bridge q2.csv q2.csv --map lead=shoe", "no column “shoe”"),
        ("bridge q2.csv mixed.csv", "mixed.csv are in EUR, USD"),
        ("bridge more.csv more.csv --value revenue", "no column “revenue”"),
        ("funnel leads.csv", "no column “created_on”"),
        ("funnel q2.csv q2.csv", "takes one file"),
        ("funnel leads.csv --map created_on=first_contact_date --by owner", "not by “owner”"),
        ("funnel leads.csv --as-of tomorrow", "found “tomorrow”, expected a day"),
        ("funnel leads.csv --map x", "expected NAME=COLUMN"),
        ("bridge q2.csv --before 2026", "expected 2026-05-01..2026-07-31"),
        ("bridge q2.csv --before 2026-02-01..2026-01-01", "is after"),
        ("waterfall q2.csv", "invalid choice"),
    ],
)
def test_a_refusal_goes_to_standard_error_and_prints_nothing_else(run, command, said):
    status, found, error = run(
        command,
        q2=Q2,
        leads=LEADS,
        bad="segment,leads,won\na,10,1\nb,10,x\n",
        more="segment,leads,won\na,8,9\n",
        mixed="segment,leads,won,value,currency\na,8,2,1,EUR\nb,8,2,1,USD\n",
    )
    assert status == 2
    assert found is None
    assert said in error


def test_help_is_no_failure(capsys):
    assert main(["bridge", "--help"]) == 0
    assert "BEFORE AFTER" in capsys.readouterr().out


def test_the_library_loads_neither_django_nor_a_heavy_module_on_import():
    script = (
        "import sys, tercet.analysis, tercet.analysis.cli, tercet.analysis.tables;"
        "print([m for m in ('django', 'ibis', 'duckdb', 'numpy', 'pyarrow') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert found.stdout.strip() == "[]", found.stderr
