import re

import pytest

from tercet.analysis import errors
from tercet.analysis.errors import (
    AnalysisError,
    BadRow,
    BadValue,
    MissingColumn,
    MixedCurrencies,
    TooFew,
    WrongType,
)


def test_the_tree_at_the_top_shows_every_error_under_its_base():
    drawn, path = set(), []
    for line in errors.__doc__.splitlines():
        found = re.match(r"^ {4}([│├└─ ]*)([A-Z]\w+)", line)
        if found:
            depth = len(found[1]) // 4
            path[depth:] = [found[2]]
            drawn.add((found[2], path[depth - 1] if depth else "ValueError"))
    written = {
        (name, thing.__bases__[0].__name__)
        for name, thing in vars(errors).items()
        if isinstance(thing, type) and issubclass(thing, AnalysisError)
    }
    assert drawn == written


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            MissingColumn("lead", "a.csv", ["x", "y"]),
            "a.csv has no column “lead”. It has: x, y.",
        ),
        (
            WrongType("won_on", "The table of leads", "string", "date"),
            "The table of leads, column “won_on”: found string, expected date.",
        ),
        (
            BadValue("a.csv", 7, "won", "ten", "a number"),
            "a.csv, line 7, column “won”: found “ten”, expected a number.",
        ),
        (
            BadRow("a.csv", 3, 4, 5),
            "a.csv, line 3: found 4 fields, expected 5 as in the header.",
        ),
        (
            MixedCurrencies({"USD", "EUR"}),
            "Amounts in the table are in EUR, USD; choose one currency.",
        ),
        (TooFew("leads", 40, 100, "Q2"), "Q2 has 40 leads; at least 100 are needed."),
    ],
)
def test_says_what_was_found_and_what_was_expected(error, text):
    assert str(error) == text
