from datetime import date

import pytest
from django.http import QueryDict

from tercet.revenue.selection import (
    SMALLER_TEAMS,
    last_two_quarters,
    options_of,
    read_selection,
    read_span,
)

TODAY = date(2026, 11, 16)


def about(first="2026-02-01", last="2026-11-16", leads=100, deals=10):
    table = {
        "rows": leads,
        "first_on": first,
        "last_on": last,
        "known": {"origin": leads, "team": leads - 1},
        "options": {"origin": [["Fair", 60]], "team": [["North", 60], ["Solo", 39]]},
    }
    return {
        "leads": table,
        "deals": {**table, "rows": deals, "known": {}},
        "fiscal_start": 2,
        "team_sizes": {"North": 5, "Solo": 1},
    }


def selected(query, **of):
    return read_selection(QueryDict(query), about(**of), TODAY)


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ("", None, None),
        ("period=this-quarter", date(2026, 11, 1), date(2027, 1, 31)),
        ("period=last-quarter", date(2026, 8, 1), date(2026, 10, 31)),
        ("period=2026-Q2", date(2026, 5, 1), date(2026, 7, 31)),
        ("period=2026-09", date(2026, 9, 1), date(2026, 9, 30)),
        ("from=2026-05-03&to=2026-05-09", date(2026, 5, 3), date(2026, 5, 9)),
        ("from=2026-05-03", date(2026, 5, 3), None),
        ("period=2026-Q2&to=2026-05-09", None, date(2026, 5, 9)),
    ],
)
def test_a_period_of_the_address(query, first, last):
    span = selected(query).span

    assert (span.first, span.last) == (first, last)


@pytest.mark.parametrize(
    "query", ["period=soon", "from=2026-13-01", "from=2026-05-09&to=2026-05-03", "period=9999-99"]
)
def test_a_period_that_is_none_is_all_time_and_said_so(query):
    found = selected(query)

    assert found.span.key == "all"
    assert found.problem


def test_a_table_of_deals_alone_is_asked_for_by_itself():
    assert selected("", leads=0).table == "deals"
    assert selected("of=deals").table == "deals"
    assert selected("of=people").table == "leads"


def test_narrows_by_what_the_table_has_and_nothing_else():
    found = selected("origin=Fair&origin=Web&owner=Nadja&type=new&by=owner")

    assert found.only == {"origin": ("Fair", "Web")}
    assert found.by == "origin"
    assert selected("by=-").by == ""


def test_the_address_asks_for_the_same_again():
    found = selected("period=2026-Q2&origin=Fair&by=month")

    again = QueryDict(mutable=True)
    for key, value in found.params:
        again.appendlist(key, value)
    assert read_selection(again, about(), TODAY) == found


def test_small_teams_stand_together():
    assert [value for value, _ in options_of(about(), "leads", "team")] == [
        "North",
        SMALLER_TEAMS,
        "~none",
    ]


@pytest.mark.parametrize(
    ("first", "last", "labels"),
    [
        ("2026-02-01", "2026-11-16", ["Q2 2026", "Q3 2026"]),
        ("2017-06-14", "2018-05-31", ["Q4 2017", "Q1 2018"]),
        ("2026-02-01", "2026-10-20", ["Q2 2026", "Q3 2026"]),
        ("2026-05-01", "2026-08-30", ["Q2 2026", "Q3 2026"]),
    ],
)
def test_the_last_two_quarters_that_the_data_covers(first, last, labels):
    found = last_two_quarters(about(first, last), "leads", TODAY)

    assert [span.label.split(" (")[0] for span in found] == labels


def test_no_days_no_quarters():
    assert last_two_quarters(about(None, None), "leads", TODAY) is None


def test_days_of_an_address_say_what_is_wrong():
    with pytest.raises(ValueError, match="is not a day such as"):
        read_span("yesterday..2026-05-01", 1)
