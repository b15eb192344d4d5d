from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tercet.analysis.errors import BadFile, BadRow, BadValue, MissingColumn
from tercet.analysis.files import read_sheet, renamed, rows_table


@pytest.fixture
def file(tmp_path):
    def write(text, name="leads.csv"):
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def rows(*paths, **options):
    return rows_table([read_sheet(path) for path in paths], **options).to_pylist()


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_reads_any_common_separator_and_quoted_lines(file, separator):
    text = 'lead,created_on,origin\na1,2026-01-31,"two\nlines"\n\nb2,2026-02-01T10:00:00Z,\n'
    found = rows(file("\ufeff" + text.replace(",", separator)))
    assert found == [
        {"lead": 0, "created_on": date(2026, 1, 31), "origin": "two\nlines"},
        {"lead": 1, "created_on": date(2026, 2, 1), "origin": None},
    ]


def test_reads_every_type(file):
    found = rows(
        file(
            "lead,created_on,assigned_at,followed_up,amount,currency\n"
            "1,2026-01-31,2026-01-31 09:00:00,yes,1200.505,EUR\n"
            "2,2026-01-31,,,,\n"
            "3,2026-01-31,,FALSE,1200,JPY\n"
        )
    )
    assert found[0]["assigned_at"] == datetime(2026, 1, 31, 9, tzinfo=UTC)
    assert [row["followed_up"] for row in found] == [True, None, False]
    assert [row["amount_minor"] for row in found] == [120050, None, 1200]


def test_a_file_without_days_of_creation_is_joined_by_its_key(file):
    leads = file("lead,created_on\nx,2026-01-01\ny,2026-01-02\n")
    more = file("lead,created_on\nz,2026-01-03\n", "more.csv")
    wins = file("lead,won_on\ny,2026-02-01\n", "wins.csv")
    assert [row["won_on"] for row in rows(leads, more, wins)] == [None, date(2026, 2, 1), None]


def test_reads_parquet_with_its_types(tmp_path):
    path = tmp_path / "leads.parquet"
    pq.write_table(pa.table({"lead": [7], "created_on": [date(2026, 1, 1)]}), path)
    assert rows(path) == [{"lead": 0, "created_on": date(2026, 1, 1)}]


def test_columns_can_be_given_their_names(file):
    sheet = read_sheet(file("created_on,first\n2026-01-01,2026-01-02\n"))
    assert renamed(sheet, {"created_on": "first"}).header == ("created_on?", "created_on")


def test_deals_are_told_by_their_key(file):
    found = rows(file("deal,won_on,amount\nD-1,2026-01-01,10\n"), currency="EUR")
    assert found == [
        {"deal": 0, "won_on": date(2026, 1, 1), "amount_minor": 1000, "currency": "EUR"}
    ]


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("", BadFile, "leads.csv is empty"),
        ("lead,created_on\n", BadFile, "leads.csv has no rows"),
        ("lead,lead\n1,2\n", BadFile, "column “lead” comes twice"),
        ("lead,created_on\n1,2026-01-01,x\n", BadRow, "line 2: found 3 fields, expected 2"),
        ("lead,created_on\n1\n", BadRow, "line 2: found 1 fields"),
        ("id,created_on\n1,2026-01-01\n", MissingColumn, "no column “lead”. It has: id"),
        ("lead,born\n1,2026-01-01\n", MissingColumn, "no column “created_on”"),
        (
            'lead,created_on\n1,2026-01-01\n"a\nb",31.01.2026\n',
            BadValue,
            "leads.csv, line 3, column “created_on”: found “31.01.2026”, "
            "expected a day such as 2026-01-31.",
        ),
        ("lead,created_on\n1,2026-01-01 or so\n", BadValue, "found “2026-01-01 or so”"),
        ("lead,created_on\n1,2026-02-30\n", BadValue, "found “2026-02-30”"),
        ("lead,created_on\n1,\n", BadValue, "found “”, expected a day"),
        ("lead,created_on\n,2026-01-01\n", BadValue, "expected the lead's id"),
        ("lead,created_on\n1,2026-01-01\n1,2026-01-01\n", BadValue, "line 3.*each lead once"),
        ("lead,created_on,followed_up\n1,2026-01-01,maybe\n", BadValue, "expected yes or no"),
        ("lead,created_on,assigned_at\n1,2026-01-01,noon\n", BadValue, "expected an instant"),
        ("lead,created_on,amount_minor\n1,2026-01-01,1.5\n", BadValue, "expected a whole number"),
        ('lead,created_on,amount\n1,2026-01-01,"1,5"\n', BadValue, "with a decimal point"),
        ("lead,created_on,amount\n1,2026-01-01,-5\n", BadValue, "at least 0"),
        (b"lead,created_on\n1,2026-01-01\n\xfc,2026-01-01\n", BadFile, "line 3: found byte 0xfc"),
    ],
)
def test_names_what_is_wrong_and_where(file, text, error, said):
    with pytest.raises(error, match=said):
        rows(file(text))


def test_names_an_id_that_the_first_file_lacks(file):
    leads = file("lead,created_on\nx,2026-01-01\n")
    with pytest.raises(
        BadValue, match=r"wins\.csv, line 2.*found “q”, expected a lead of leads.csv"
    ):
        rows(leads, file("lead,won_on\nq,2026-02-01\n", "wins.csv"))


def test_refuses_what_is_no_parquet(file):
    with pytest.raises(BadFile, match="can't be read as Parquet"):
        read_sheet(file("lead", "leads.parquet"))
